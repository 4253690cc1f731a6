// The receipt as PDF and its QR code.
#include "ask/apply/receipt_pdf.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "ask/apply/qr.h"
#include "ask/cases/pdf_language.h"

namespace machiya::apply {
namespace {

ReceiptSheet sheet() {
  ReceiptSheet out{"ja", "大阪市", "受け付けました", "犬の登録", "受付番号", "R8-7KQF-9M3T-X4D2", "受付日時 2026年5月10日", "手数料: 3,550円", "", "https://city.example/applications/R8-7KQF-9M3T-X4D2", "2026-05-10T09:30:00+09:00", {}};
  std::vector<std::pair<std::string, std::string>> rows;
  for (int i = 0; i < 60; ++i) rows.emplace_back("項目" + std::to_string(i), "渡邉󠄀 花子 " + std::string(200, 'x'));
  out.sections.emplace_back("届出人", rows);
  return out;
}

std::string run(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  pclose(pipe);
  return out;
}

TEST(ReceiptPdf, SameBytesTaggedAndReadable) {
  const auto first = make_receipt_pdf(sheet()), second = make_receipt_pdf(sheet());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
  EXPECT_NE(first->find("/StructTreeRoot"), std::string::npos) << "tagged";
  const std::string path = ::testing::TempDir() + "/receipt_test.pdf";
  std::ofstream(path, std::ios::binary) << *first;
  const std::string text = run("pdftotext " + path + " - 2>/dev/null");
  std::remove(path.c_str());
  if (text.empty()) GTEST_SKIP() << "pdftotext is absent";
  EXPECT_NE(text.find("R8-7KQF-9M3T-X4D2"), std::string::npos);
  EXPECT_NE(text.find("犬の登録"), std::string::npos);
  EXPECT_NE(text.find("項目59"), std::string::npos) << "over the page";
}

TEST(ReceiptPdf, SaysItsLanguageAndShowsItsTitle) {
  ReceiptSheet english = sheet();
  english.lang = "en";
  const auto pdf = make_receipt_pdf(english), easy = [] {
    ReceiptSheet out = sheet();
    out.lang = "ja-easy";
    return make_receipt_pdf(out);
  }();
  ASSERT_TRUE(pdf.ok() && easy.ok());
  EXPECT_NE(easy->find("/Lang (ja) "), std::string::npos);
  const std::string path = ::testing::TempDir() + "/receipt_language_test.pdf";
  std::ofstream(path, std::ios::binary) << *pdf;
  const std::string about = run("pdfinfo " + path + " 2>&1"), checked = run("qpdf --check " + path + " 2>&1");
  std::remove(path.c_str());
  EXPECT_NE(pdf->find("/Lang (en) /ViewerPreferences << /DisplayDocTitle true >>"), std::string::npos);
  if (about.find("Pages:") == std::string::npos) GTEST_SKIP() << "pdfinfo is absent";
  EXPECT_NE(about.find("Tagged:          yes"), std::string::npos) << "a reader follows the update: " << about;
  EXPECT_NE(about.find("受け付けました"), std::string::npos) << about;
  EXPECT_EQ(about.find("rror"), std::string::npos) << about;
  if (checked.find("checking") != std::string::npos) EXPECT_NE(checked.find("No syntax or stream encoding errors"), std::string::npos) << checked;
}

TEST(ReceiptPdf, AnUnknownKindOfFileIsRefused) {
  for (const char* text : {"", "%PDF-1.7\nstartxref\n9999\n%%EOF", "%PDF-1.7\nxref\n0 1\ntrailer\n<< /Size 1 /Root 7 0 R /Info 1 0 R >>\nstartxref\n9\n"})
    EXPECT_FALSE(cases::with_language(text, "ja").ok()) << text;
}

TEST(Qr, SquareAndRefusesTooMuch) {
  const auto code = make_qr("https://city.example/applications/R8-7KQF-9M3T-X4D2");
  ASSERT_TRUE(code.ok());
  EXPECT_TRUE(code->dark[0]);
  EXPECT_EQ(code->dark.size(), static_cast<std::size_t>(code->width * code->width));
  EXPECT_FALSE(make_qr(std::string(5000, 'x')).ok());
}

}  // namespace
}  // namespace machiya::apply
