#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/temporary_folder.h"
#include "platform/tables/csv_reader.h"
#include "platform/tables/number_format.h"
#include "platform/tables/table_file.h"
#include "platform/tables/zip_writer.h"

namespace machiya::tables {
namespace {

/// "1:a|b;3:c|d" of everything that was read.
std::string rows_of(std::string_view bytes, Info* info = nullptr, Limits limits = {}) {
  auto source = memory_source(bytes);
  std::string out;
  auto read = read_table(*source, limits, [&](std::uint64_t row, const Cells& cells) {
    out += (out.empty() ? "" : ";") + std::to_string(row) + ":";
    for (std::size_t i = 0; i < cells.size(); ++i) out += (i ? "|" : "") + cells[i].text + (cells[i].kind == CellKind::date ? "d" : cells[i].kind == CellKind::number ? "n" : "");
    return true;
  });
  if (!read.ok()) return "!" + read.error().detail + (read.error().where.empty() ? "" : "@" + read.error().where);
  if (info) *info = *read;
  return out;
}

struct Folder : TemporaryFolder {
  Folder() : TemporaryFolder("tables") {}
  std::string file(const char* name) const { return path() + "/" + name; }
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
};

TEST(Csv, FollowsTheRfc) {
  EXPECT_EQ(rows_of("a,b\r\n\"x,\"\"y\"\"\nz\",2\r\n"), "1:a|b;2:x,\"y\"\nz|2");
  EXPECT_EQ(rows_of("a,b\n\n,\nc,d"), "1:a|b;4:c|d");
  EXPECT_EQ(rows_of("a,b\rc,d\r"), "1:a|b;2:c|d");
  EXPECT_EQ(rows_of("a,\nb,c,d\n"), "1:a|;2:b|c|d");
  EXPECT_EQ(rows_of("a,5\" pipe\nb,\"\"\n"), "1:a|5\" pipe;2:b|");
  EXPECT_EQ(rows_of("a,b\nc,\"d"), "!quote@row 2");
  EXPECT_EQ(rows_of(""), "!empty");
  EXPECT_EQ(rows_of("\r\n,,\r\n"), "!empty");
}

TEST(Csv, SeparatorIsTheOneThatDividesEvenly) {
  Info info;
  EXPECT_EQ(rows_of("名前;備考\n山田;a,b\n佐藤;c,d,e\n", &info), "1:名前|備考;2:山田|a,b;3:佐藤|c,d,e");
  EXPECT_EQ(info.separator, ';');
  EXPECT_EQ(rows_of("a\tb\n1\t2,5\n", &info), "1:a|b;2:1|2,5");
  EXPECT_EQ(rows_of("one\ntwo\n", &info), "1:one;2:two");
  EXPECT_EQ(info.separator, ',');
}

TEST(Csv, EncodingsOfJapaneseOffices) {
  Info info;
  EXPECT_EQ(rows_of("\xEF\xBB\xBF" "名,1\n", &info), "1:名|1");
  EXPECT_EQ(info.encoding, "UTF-8");
  EXPECT_EQ(rows_of("\x96\xBC\x91\x4F,\x87\x40\xFB\xFC\n", &info), "1:名前|①髙");   // NEC and IBM extensions
  EXPECT_EQ(info.encoding, "CP932");
  EXPECT_EQ(rows_of(std::string_view("\xFF\xFE\x0D\x54,\0\x69\xD8\xB2\xDE\n\0", 12), &info), "1:名|\U0002A6B2");
  EXPECT_EQ(info.encoding, "UTF-16LE");
  EXPECT_EQ(rows_of(std::string_view("\0a\0,\0b\0\n", 8), &info), "1:a|b");
  EXPECT_EQ(info.encoding, "UTF-16BE");
  EXPECT_EQ(rows_of("a,\xFF\xFD\n"), "!encoding");
  EXPECT_EQ(rows_of(std::string("\xEF\xBB\xBF" "a,\x96\xBC\n")), "!encoding");
}

TEST(Csv, CharactersAcrossChunksStayWhole) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string wide, text = std::string(shift, 'x');
    for (int i = 0; i < 40'000; ++i) text += "漢";
    Limits limits;
    limits.cell_bytes = 1 << 20;
    EXPECT_EQ(rows_of(text, nullptr, limits), "1:" + text);
    wide = std::string(shift, 'x');
    for (int i = 0; i < 70'000; ++i) wide += "\x8A\xBF";
    EXPECT_EQ(rows_of(wide, nullptr, limits).size(), 2 + shift + 70'000 * 3);
  }
}

TEST(Csv, Limits) {
  Limits limits;
  limits.rows = 2, limits.columns = 2, limits.cell_bytes = 4, limits.bytes = 40;
  EXPECT_EQ(rows_of("a\nb\nc\n", nullptr, limits), "!rows@row 3");
  EXPECT_EQ(rows_of("a,b,c\n", nullptr, limits), "!columns@row 1");
  EXPECT_EQ(rows_of("abcde\n", nullptr, limits), "!cell-bytes@row 1");
  EXPECT_EQ(rows_of(std::string(41, 'a'), nullptr, limits), "!file-bytes");
}

TEST(Csv, SinkMayStop) {
  auto source = memory_source("a\nb\n\"open");
  int rows = 0;
  EXPECT_TRUE(read_table(*source, {}, [&](std::uint64_t, const Cells&) { return ++rows < 2; }).ok());
  EXPECT_EQ(rows, 2);
}

TEST(Csv, GuardsFormulasAndTakesTheGuardBack) {
  Folder folder;
  auto writer = csv_writer(folder.file("a.csv"));
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->row({{"=1+1"}, {"-5", CellKind::number}, {"+81"}, {"a\"b,c"}, {"'@x"}, {"'quoted'"}}).ok());
  ASSERT_TRUE((*writer)->finish().ok());
  EXPECT_EQ(Folder::content(folder.file("a.csv")), "\xEF\xBB\xBF" "'=1+1,-5,'+81,\"a\"\"b,c\",''@x,'quoted'\r\n");
  for (const char* text : {"=1+1", "-", "@a", "'@x", "'quoted'", "'", "''=a", "\tb", "plain", ""}) EXPECT_EQ(unguarded(guarded(text)), text);
  EXPECT_FALSE(csv_writer(folder.file("a.csv")).ok()) << "an existing file is never written over";
}

struct Parts {
  std::string workbook = R"(<workbook xmlns:r="r"><workbookPr/><sheets><sheet name="隠し" state="hidden" r:id="rId9"/><sheet name="台帳" r:id="rId1"/></sheets></workbook>)";
  std::string styles = R"(<styleSheet><numFmts><numFmt numFmtId="176" formatCode="[$-411]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/><numFmt numFmtId="177" formatCode="0.0&quot;day&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="177"/><xf numFmtId="57"/></cellXfs></styleSheet>)";
  std::string strings = R"(<sst><si><t>樹木</t><rPh sb="0" eb="2"><t>ジュモク</t></rPh></si><si><r><t>け</t></r><r><t>やき</t></r></si></sst>)";
  std::string sheet;
};
std::string xlsx_of(const Parts& parts) {
  Folder folder;
  ZipWriter zip(folder.file("a.xlsx"));
  const std::string rels = R"(<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/s.xml"/><Relationship Id="rId2" Type="http://x/styles" Target="/xl/styles.xml"/><Relationship Id="rId3" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>)";
  EXPECT_TRUE(zip.part("xl/workbook.xml", parts.workbook).ok() && zip.part("xl/_rels/workbook.xml.rels", rels).ok());
  EXPECT_TRUE(zip.part("xl/styles.xml", parts.styles).ok() && zip.part("xl/sharedStrings.xml", parts.strings).ok());
  EXPECT_TRUE(zip.part("xl/worksheets/s.xml", parts.sheet).ok() && zip.finish().ok());
  return Folder::content(folder.file("a.xlsx"));
}
std::string sheet_of(const std::string& rows) { return "<worksheet xmlns=\"x\"><sheetData>" + rows + "</sheetData></worksheet>"; }

TEST(Xlsx, CellsOfEveryKind) {
  Parts parts;
  parts.sheet = sheet_of(R"(<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="D2" t="inlineStr"><is><t>a</t><rPh><t>読</t></rPh><t>b</t></is></c></row>)"
                         R"(<row r="5"><c r="A5" s="1"><v>45748</v></c><c r="B5" s="2"><v>45748.5</v></c><c s="3"><v>1.5</v></c><c s="4"><v>59</v></c><c><f>A1</f><v>1234.5999999999999</v></c><c t="b"><v>1</v></c><c t="str"><f>x</f><v>=x</v></c><c t="e"><v>#N/A</v></c></row><row/>)");
  Info info;
  EXPECT_EQ(rows_of(xlsx_of(parts), &info), "2:樹木|けやき||ab;5:2025-04-01d|2025-04-01T12:00d|1.5n|1900-02-28d|1234.6n|TRUE|=x|#N/A");
  EXPECT_EQ(info.sheet, "台帳");
  EXPECT_EQ(info.last_row, 5u);
}

TEST(Xlsx, DaysFrom1904) {
  Parts parts;
  parts.workbook.replace(parts.workbook.find("<workbookPr/>"), 13, "<workbookPr date1904=\"1\"/>");
  parts.sheet = sheet_of(R"(<row><c s="1"><v>44286</v></c></row>)");
  Info info;
  EXPECT_EQ(rows_of(xlsx_of(parts), &info), "1:2025-04-01d");
  EXPECT_TRUE(info.days_from_1904);
}

TEST(Xlsx, HostileFilesAreRefused) {
  Parts parts;
  parts.sheet = sheet_of("<row><c><v>1</v></c>" + std::string(40 << 20, ' ') + "</row>");
  EXPECT_EQ(rows_of(xlsx_of(parts)), "!unpacked") << "a zip bomb";
  parts.sheet = "<!DOCTYPE a [<!ENTITY b \"c\">]>" + sheet_of("<row><c><v>1</v></c></row>");
  EXPECT_EQ(rows_of(xlsx_of(parts)), "!xml") << "no document types";
  parts.sheet = sheet_of("<row><c><v>1</v></c>");
  EXPECT_EQ(rows_of(xlsx_of(parts)), "!xml");
  parts.sheet = sheet_of("<row><c r=\"AMJZZ1\"><v>1</v></c></row>");
  EXPECT_EQ(rows_of(xlsx_of(parts)).substr(0, 8), "!columns");
  parts.sheet = sheet_of("<row r=\"99999999999\"><c><v>1</v></c></row>");
  EXPECT_EQ(rows_of(xlsx_of(parts)).substr(0, 5), "!rows");
  parts.sheet = sheet_of("<row><c><v>1</v></c></row>");
  std::string good = xlsx_of(parts);
  ASSERT_EQ(rows_of(good), "1:1n");
  std::string cut = good.substr(0, good.size() / 2);
  EXPECT_EQ(rows_of(cut), "!zip");
  std::string flipped = good;
  flipped[flipped.find("<worksheet") == std::string::npos ? good.find("xl/worksheets/s.xml") + 30 : 0] ^= 0x55;
  EXPECT_EQ(rows_of(flipped).substr(0, 1), "!") << "a flipped byte is seen";
  EXPECT_EQ(rows_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "!old-excel");
  for (const char* other : {"%PDF-1.7\n1 0 obj\n", "{\\rtf1 a\\par\n", "\x89PNG\r\n\x1A\n", "\xFF\xD8\xFF\xE0 JFIF", "GIF89a,1\n"}) EXPECT_EQ(rows_of(other), "!no-sheet") << other;
  Limits small;
  small.strings = 4;
  EXPECT_EQ(rows_of(good, nullptr, small), "!strings");
}

TEST(Xlsx, WhatIsWrittenIsReadAgain) {
  Folder folder;
  auto writer = xlsx_writer(folder.file("b.xlsx"), "公園/樹木");
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->row({{"=1+1"}, {"000123"}, {"-5.25", CellKind::number}, {"2025-04-01", CellKind::date}, {""}, {"a<b>&\"c\"\n\x01"}}).ok());
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE((*writer)->row({{"1867-11-09", CellKind::date}, {"行" + std::to_string(i)}}).ok());
  ASSERT_TRUE((*writer)->finish().ok());
  auto source = open_file(folder.file("b.xlsx"));
  ASSERT_TRUE(source.ok());
  std::uint64_t rows = 0;
  auto info = read_table(**source, {}, [&](std::uint64_t row, const Cells& cells) {
    if (++rows == 1) {
      EXPECT_EQ(cells.at(0).text, "=1+1");
      EXPECT_EQ(cells.at(1).text, "000123");
      EXPECT_EQ(cells.at(2).text, "-5.25");
      EXPECT_EQ(cells.at(3).text, "2025-04-01");
      EXPECT_EQ(cells.at(3).kind, CellKind::date);
      EXPECT_EQ(cells.at(5).text, "a<b>&\"c\"\n");
    } else {
      EXPECT_EQ(cells.at(1).text, "行" + std::to_string(row - 2));
    }
    return true;
  });
  ASSERT_TRUE(info.ok()) << info.error().to_string();
  EXPECT_EQ(rows, 5'001u);
  EXPECT_EQ(info->sheet, "公園 樹木");
}

TEST(NumberFormat, Days) {
  EXPECT_EQ(day_of_serial("45748", false), "2025-04-01");
  EXPECT_EQ(day_of_serial("61", false), "1900-03-01");
  EXPECT_EQ(day_of_serial("59", false), "1900-02-28");
  EXPECT_EQ(day_of_serial("60", false), std::nullopt);
  EXPECT_EQ(day_of_serial("2958465", false), "9999-12-31");
  EXPECT_EQ(day_of_serial("2958466", false), std::nullopt);
  EXPECT_EQ(day_of_serial("-1", false), std::nullopt);
  EXPECT_EQ(day_of_serial("0", true), "1904-01-01");
  EXPECT_TRUE(shows_day("yyyy/m/d"));
  EXPECT_TRUE(shows_day("[$-411]ge.m.d;@"));
  EXPECT_FALSE(shows_day("General"));
  EXPECT_FALSE(shows_day("#,##0.00_);[Red](#,##0.00)"));
  EXPECT_FALSE(shows_day("0.00E+00"));
  EXPECT_FALSE(shows_day("\\d0\"year\""));
  EXPECT_FALSE(shows_day("h:mm:ss"));
  EXPECT_EQ(plain_number("1E3"), "1000");
  EXPECT_EQ(plain_number("0.30000000000000004"), "0.3");
  EXPECT_EQ(plain_number("-0"), "0");
  EXPECT_EQ(plain_number("nan"), "");
}

}  // namespace
}  // namespace machiya::tables
