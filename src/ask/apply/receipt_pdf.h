// The receipt and the decision as PDF: A4, tagged, with embedded fonts, the same bytes for the same content.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::apply {

struct ReceiptSheet {
  std::string lang, city, title, procedure, number_label, number, when, fee, after, link;
  std::string created;   ///< ISO 8601 with zone: of the document, so that it never depends on the clock
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> sections;   ///< title, (label, text)
};
Result<std::string> make_receipt_pdf(const ReceiptSheet& sheet);

struct LetterSheet {
  std::string lang, city, title, number, date, body, created;
};
Result<std::string> make_letter_pdf(const LetterSheet& sheet);

}  // namespace machiya::apply
