#include "ask/apply/receipt_pdf.h"

#include "ask/apply/pdf_sheet.h"

namespace machiya::apply {

Result<std::string> make_receipt_pdf(const ReceiptSheet& sheet) {
  PdfSheet pdf(sheet.lang, sheet.title + " " + sheet.number, sheet.created);
  pdf.paragraph("P", sheet.city, 10, false, 4);
  pdf.qr(sheet.link, 84);
  pdf.paragraph("H1", sheet.title, 18, true, 8);
  pdf.paragraph("P", sheet.procedure, 13, false, 10);
  pdf.paragraph("P", sheet.number_label, 10, false, 0);
  pdf.paragraph("P", sheet.number, 16, true, 6);
  pdf.paragraph("P", sheet.when, 10.5, false, 4);
  pdf.paragraph("P", sheet.fee, 10.5, false, 4);
  pdf.paragraph("P", sheet.after, 10.5, false, 4);
  for (const auto& [title, rows] : sheet.sections) {
    pdf.space(8);
    pdf.paragraph("H2", title, 13, true, 6);
    for (const auto& [label, text] : rows) pdf.row(label, text);
  }
  return pdf.finish();
}

Result<std::string> make_letter_pdf(const LetterSheet& sheet) {
  PdfSheet pdf(sheet.lang, sheet.title, sheet.created);
  pdf.paragraph("P", sheet.number, 10, false, 2);
  pdf.paragraph("P", sheet.date, 10, false, 20);
  pdf.paragraph("H1", sheet.title, 18, true, 16);
  pdf.paragraph("P", sheet.body, 11, false, 24);
  pdf.paragraph("P", sheet.city, 12, false, 0);
  return pdf.finish();
}

}  // namespace machiya::apply
