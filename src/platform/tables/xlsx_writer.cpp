#include "base/text.h"
#include "base/time.h"
#include "platform/tables/table_file.h"
#include "platform/tables/zip_writer.h"

namespace machiya::tables {
namespace {

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
#define MACHIYA_OOXML "http://schemas.openxmlformats.org/"
constexpr std::string_view kTypes =
    "<Types xmlns=\"" MACHIYA_OOXML "package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
    "<Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/></Types>";
constexpr std::string_view kPackage =
    "<Relationships xmlns=\"" MACHIYA_OOXML "package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"" MACHIYA_OOXML
    "officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
constexpr std::string_view kParts =
    "<Relationships xmlns=\"" MACHIYA_OOXML "package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"" MACHIYA_OOXML
    "officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"" MACHIYA_OOXML
    "officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>";
// Style 0: as it comes; 1: a day (format 14 follows the reader's country); 2: text, which no spreadsheet rewrites (format 49).
constexpr std::string_view kStyles =
    "<styleSheet xmlns=\"" MACHIYA_OOXML "spreadsheetml/2006/main\"><fonts count=\"1\"><font><sz val=\"11\"/></font></fonts>"
    "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>"
    "<borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>"
    "<cellXfs count=\"3\"><xf/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/><xf numFmtId=\"49\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>";
constexpr std::string_view kSheetHead =
    "<worksheet xmlns=\"" MACHIYA_OOXML "spreadsheetml/2006/main\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" "
    "activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><sheetData>";
constexpr std::size_t kMaxCharacters = 32'767;   // of a cell (Excel specifications and limits)

/// Escaped; what XML 1.0 cannot say is left out.
void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (byte >= 0x20 || c == '\t' || c == '\n') out += c;
  }
}

/// Sheet names: 31 characters at most, none of []:*?/\ .
std::string sheet_title(std::string_view name) {
  std::string out;
  std::size_t count = 0;
  for (std::size_t at = 0; at < name.size() && count < 31; ++count) {
    const char32_t c = next_code_point(name, at);
    append_utf8(c < 0x80 && std::string_view("[]:*?/\\'").find(static_cast<char>(c)) != std::string_view::npos ? U' ' : c, out);
  }
  return out.empty() ? "Sheet1" : out;
}

/// "" when the date cannot be a serial of 1900 from March on.
std::string serial_of(std::string_view day) {
  const auto date = parse_iso_date(day);
  if (!date || *date < make_date(1900, 3, 1) || *date > make_date(9999, 12, 31)) return {};
  return std::to_string(date->days - make_date(1899, 12, 30).days);
}

class XlsxWriter final : public Writer {
 public:
  XlsxWriter(const std::string& path, std::string_view sheet) : zip_(path), sheet_(sheet_title(sheet)) {}
  bool open() const { return zip_.open(); }
  Result<void> begin() {
    std::string workbook = std::string(kHead) + "<workbook xmlns=\"" MACHIYA_OOXML "spreadsheetml/2006/main\" xmlns:r=\"" MACHIYA_OOXML
                           "officeDocument/2006/relationships\"><sheets><sheet name=\"";
    append_escaped(sheet_, workbook);
    workbook += "\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    MACHIYA_CHECK(zip_.part("[Content_Types].xml", std::string(kHead) + std::string(kTypes)));
    MACHIYA_CHECK(zip_.part("_rels/.rels", std::string(kHead) + std::string(kPackage)));
    MACHIYA_CHECK(zip_.part("xl/workbook.xml", workbook));
    MACHIYA_CHECK(zip_.part("xl/_rels/workbook.xml.rels", std::string(kHead) + std::string(kParts)));
    MACHIYA_CHECK(zip_.part("xl/styles.xml", std::string(kHead) + std::string(kStyles)));
    MACHIYA_CHECK(zip_.begin("xl/worksheets/sheet1.xml"));
    return zip_.write(std::string(kHead) + std::string(kSheetHead));
  }
  Result<void> row(const Cells& cells) override {
    xml_ = "<row>";
    for (const Cell& cell : cells) append(cell);
    xml_ += "</row>";
    return zip_.write(xml_);
  }
  Result<void> finish() override {
    MACHIYA_CHECK(zip_.write("</sheetData></worksheet>"));
    MACHIYA_CHECK(zip_.end());
    return zip_.finish();
  }

 private:
  void append(const Cell& cell) {
    if (cell.text.empty()) {
      xml_ += "<c/>";
      return;
    }
    if (cell.kind == CellKind::number) {
      xml_ += "<c><v>" + cell.text + "</v></c>";
      return;
    }
    if (const std::string serial = cell.kind == CellKind::date ? serial_of(cell.text) : std::string(); !serial.empty()) {
      xml_ += "<c s=\"1\"><v>" + serial + "</v></c>";
      return;
    }
    std::string_view text = cell.text;
    std::string cut;
    if (text.size() > kMaxCharacters && count_code_points(text) > kMaxCharacters)
      text = cut = to_utf8(to_utf32(text).substr(0, kMaxCharacters - 1)) + "…";
    xml_ += "<c t=\"inlineStr\" s=\"2\"><is><t xml:space=\"preserve\">";
    append_escaped(text, xml_);
    xml_ += "</t></is></c>";
  }
  ZipWriter zip_;
  std::string sheet_, xml_;
};

}  // namespace

Result<std::unique_ptr<Writer>> xlsx_writer(const std::string& path, std::string_view sheet_name) {
  auto writer = std::make_unique<XlsxWriter>(path, sheet_name);
  if (!writer->open()) return Error(ErrorCode::storage_failed, "table file");
  MACHIYA_CHECK(writer->begin());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace machiya::tables
