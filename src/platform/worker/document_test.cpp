// Hostile PDFs, made here: what is active in them is gone, what their pages show is there, and what is broken or swollen is refused.
#include <gtest/gtest.h>

#define POINTERHOLDER_TRANSITION 4   // std::shared_ptr only (qpdf 11)
#include <qpdf/Buffer.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <zlib.h>

#include <string>
#include <vector>

#include "platform/worker/document_kind.h"
#include "platform/worker/document_worker.h"

namespace machiya::worker {
namespace {

std::string stream(const std::string& dictionary, const std::string& data) {
  return "<< " + dictionary + " /Length " + std::to_string(data.size()) + " >>\nstream\n" + data + "\nendstream";
}
/// Objects 1, 2, 3 …; the first is the catalogue.
std::string pdf(const std::vector<std::string>& objects, const std::string& trailer = "") {
  std::string out = "%PDF-1.7\n";
  std::string table;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    char line[32];
    std::snprintf(line, sizeof line, "%010zu 00000 n \n", out.size());
    table += line;
    out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::size_t at = out.size();
  const std::string count = std::to_string(objects.size() + 1);
  return out + "xref\n0 " + count + "\n0000000000 65535 f \n" + table + "trailer << /Root 1 0 R /Size " + count + trailer + " >>\nstartxref\n" + std::to_string(at) + "\n%%EOF\n";
}

/// One page that says "Hello" and has everything that may act.
std::string hostile() {
  return pdf({
      /*1*/ "<< /Type /Catalog /Pages 2 0 R /OpenAction 7 0 R /AA << /WC 7 0 R >> /AcroForm << /Fields [9 0 R] /XFA 8 0 R >> /Names << /JavaScript << /Names [(x) 7 0 R] >>"
            " /EmbeddedFiles << /Names [(evil.exe) 10 0 R] >> >> /Metadata 8 0 R /Collection << >> /OCProperties << /OCGs [] /D << >> >> >>",
      /*2*/ "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 200] >>",
      /*3*/ "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /AA << /O 7 0 R >> /Annots [6 0 R 9 0 R 11 0 R 12 0 R] /Metadata 8 0 R /PieceInfo << /Evil << /Private 8 0 R >> >>"
            " /Resources << /Font << /F1 5 0 R >> /XObject << /PS 13 0 R /Fm 14 0 R >> /Properties << /MC0 15 0 R >> >> /Rotate 90 >>",
      /*4*/ stream("", "BT /F1 24 Tf 72 100 Td (Hello) Tj ET /Fm Do"),
      /*5*/ "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
      /*6*/ "<< /Type /Annot /Subtype /Link /Rect [0 0 300 200] /A << /S /URI /URI (https://evil.example/collect) >> >>",
      /*7*/ "<< /S /JavaScript /JS (app.launchURL('https://evil.example')) >>",
      /*8*/ stream("/Type /Metadata /Subtype /XML", "<x>author secret metadata</x>"),
      /*9*/ "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (filled in) /F 4 /Rect [10 10 200 30] /AA << /K 7 0 R >> /AP << /N 16 0 R >> >>",
      /*10*/ "<< /Type /Filespec /F (evil.exe) /EF << /F 17 0 R >> >>",
      /*11*/ "<< /Type /Annot /Subtype /Screen /Rect [0 0 9 9] /A << /S /Launch /F (calc.exe) /Win << /F (calc.exe) >> >> >>",
      /*12*/ "<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS 10 0 R >>",
      /*13*/ stream("/Type /XObject /Subtype /PS", "systemdict /evilprogram"),
      /*14*/ stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (other.pdf) >> /OPI << >> /OC 15 0 R /Resources << /XObject << /Again 14 0 R >> >>", "0 0 9 9 re f"),
      /*15*/ "<< /Type /OCG /Name (hidden layer) >>",
      /*16*/ stream("/Type /XObject /Subtype /Form /BBox [0 0 190 20] /Resources << /Font << /F1 5 0 R >> >>", "BT /F1 12 Tf (filled in) Tj ET"),
      /*17*/ stream("/Type /EmbeddedFile", "MZ evil program"),
  });
}

std::string shown(const std::string& document) {
  QPDF in;
  in.setSuppressWarnings(true);
  in.processMemoryFile("clean", document.data(), document.size());
  std::string out;
  for (auto& object : in.getAllObjects()) {
    if (!object.isStream()) continue;
    const auto data = object.getStreamData(qpdf_dl_generalized);
    out.append(reinterpret_cast<const char*>(data->getBuffer()), data->getSize());
    out += '\n';
  }
  return out;
}

constexpr const char* kActive[] = {"/OpenAction", "/AA", "/JavaScript", "/JS", "/Launch", "/URI", "/EmbeddedFile", "/EmbeddedFiles", "/Filespec", "/EF", "/Annots", "/AcroForm", "/XFA", "/Metadata",
                                   "/PieceInfo", "/PS", "/Ref", "/OPI", "/OC", "/OCProperties", "/Collection", "/Names", "/Properties", "evil.exe", "calc.exe", "other.pdf", "evil.example"};
constexpr const char* kHidden[] = {"evilprogram", "evil program", "secret metadata", "launchURL", "hidden layer"};

TEST(Documents, WhatIsActiveIsGoneAndWhatIsShownIsThere) {
  const std::string upload = hostile();
  for (const char* word : {"/OpenAction", "/Launch", "evil.exe"}) ASSERT_NE(upload.find(word), std::string::npos);   // the search can find
  const auto clean = clean_document(upload);
  ASSERT_TRUE(clean.ok()) << clean.error().to_string();
  const std::string content = shown(*clean);
  for (const char* word : kActive) EXPECT_EQ(clean->find(word), std::string::npos) << word;
  for (const char* word : kHidden) {
    EXPECT_EQ(content.find(word), std::string::npos) << word;
    EXPECT_NE((shown(upload) + upload).find(word), std::string::npos) << word;   // the search can find
  }
  EXPECT_NE(content.find("(Hello) Tj"), std::string::npos);
  EXPECT_NE(content.find("(filled in) Tj"), std::string::npos);   // a filled field looks as it looked
  EXPECT_NE(clean->find("/Helvetica"), std::string::npos);
  EXPECT_NE(clean->find("/Rotate 90"), std::string::npos);
  EXPECT_NE(clean->find("300 200"), std::string::npos);
  EXPECT_TRUE(clean_document(*clean).ok());
}

TEST(Documents, TheSameUploadGivesTheSameCopy) { EXPECT_EQ(*clean_document(hostile()), *clean_document(hostile())); }

TEST(Documents, BrokenOnesAreRefusedOrMendedAndNeverCrash) {
  EXPECT_EQ(clean_document("%PDF-1.7\nnothing else").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(clean_document("").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(clean_document(pdf({"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"})).error().code, ErrorCode::invalid_input);
  const std::string whole = hostile();
  std::uint32_t state = 1;
  for (int i = 0; i < 400; ++i) {
    std::string broken = whole;
    for (int k = 0; k < 1 + i % 8; ++k) {
      state = state * 1664525u + 1013904223u;
      broken[state / 7 % broken.size()] = static_cast<char>(state >> 24);
    }
    if (i % 5 == 0) broken.resize(broken.size() * static_cast<std::size_t>(i) / 400);
    const auto clean = clean_document(broken);
    if (!clean.ok()) continue;
    for (const char* word : {"/OpenAction", "/JavaScript", "/Launch", "/EmbeddedFile", "/AcroForm"}) EXPECT_EQ(clean->find(word), std::string::npos) << i << ' ' << word;
  }
}

std::string deflated(std::size_t zeros) {
  std::string out(compressBound(zeros), '\0');
  const std::string plain(zeros, '\0');
  uLongf size = out.size();
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size(), 9);
  out.resize(size);
  return out;
}
std::string page_with(const std::string& contents_object, const std::string& resources = "<< >>") {
  return pdf({"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources " + resources + " >>", contents_object});
}

TEST(Documents, BombsAreTooLarge) {
  // One stream that unpacks to 700 MB, and resources nested in each other two hundred deep.
  const std::string bomb = page_with(stream("/Filter /FlateDecode", deflated(std::size_t{700} << 20)));
  EXPECT_LT(bomb.size(), std::size_t{1} << 20);
  PoolOptions options = own_workers("document", 1);
  options.limit = std::chrono::milliseconds(60'000);
  DocumentWorker worker(options);
  const auto swollen = worker.clean(bomb);
  ASSERT_FALSE(swollen.ok());
  EXPECT_EQ(swollen.error().code, ErrorCode::too_large) << swollen.error().to_string();
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<< /Pattern << /P ";
  deep += "null";
  for (int i = 0; i < 100; ++i) deep += " >> >>";
  EXPECT_EQ(clean_document(page_with(stream("", "f"), deep)).error().code, ErrorCode::too_large);
  EXPECT_TRUE(worker.clean(hostile()).ok());   // and the next one is served
}

TEST(Documents, TheWorkerCleansThemAwayFromTheServer) {
  PoolOptions options = own_workers("document", 1);
  options.limit = std::chrono::milliseconds(60'000);
  DocumentWorker worker(options);
  const auto clean = worker.clean(hostile());
  ASSERT_TRUE(clean.ok()) << clean.error().to_string();
  EXPECT_EQ(*clean, *clean_document(hostile()));
  EXPECT_EQ(worker.clean("%PDF-1.7 broken").error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace machiya::worker
