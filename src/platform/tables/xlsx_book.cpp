#include "platform/tables/xlsx_book.h"

#include <charconv>
#include <map>
#include <set>

#include "base/text.h"
#include "platform/tables/number_format.h"

namespace machiya::tables {
namespace {

int number_of(std::string_view text, int otherwise) {
  int n = otherwise;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size() ? n : otherwise;
}

/// The targets of a .rels part: by id, and the first of each type.
struct Relations final : XmlEvents {
  std::map<std::string, std::string, std::less<>> by_id, by_type;
  void open(std::string_view name, const Attributes& a) override {
    if (name != "Relationship" || by_id.size() > 4'096) return;
    const std::string_view type = attribute(a, "Type");
    by_id.emplace(attribute(a, "Id"), attribute(a, "Target"));
    by_type.emplace(type.substr(type.rfind('/') + 1), attribute(a, "Target"));
  }
  void close(std::string_view) override {}
  void text(std::string_view) override {}
};

struct Workbook final : XmlEvents {
  bool days_from_1904 = false;
  std::string name, relation;
  void open(std::string_view element, const Attributes& a) override {
    if (element == "workbookPr") days_from_1904 = attribute(a, "date1904") == "1" || attribute(a, "date1904") == "true";
    if (element != "sheet" || !relation.empty()) return;
    const std::string_view state = attribute(a, "state");
    if (state == "hidden" || state == "veryHidden") return;
    name = attribute(a, "name"), relation = attribute(a, "id");
  }
  void close(std::string_view) override {}
  void text(std::string_view) override {}
};

struct Styles final : XmlEvents {
  std::set<int> day_formats, other_formats;
  std::vector<bool> day_styles;
  bool in_cell_formats = false;
  void open(std::string_view name, const Attributes& a) override {
    if (name == "numFmt") (shows_day(attribute(a, "formatCode")) ? day_formats : other_formats).insert(number_of(attribute(a, "numFmtId"), -1));
    if (name == "cellXfs") in_cell_formats = true;
    if (name != "xf" || !in_cell_formats || day_styles.size() >= 65'536) return;
    const int id = number_of(attribute(a, "numFmtId"), 0);
    day_styles.push_back(day_formats.count(id) > 0 || (other_formats.count(id) == 0 && shows_day(id)));
  }
  void close(std::string_view name) override {
    if (name == "cellXfs") in_cell_formats = false;
  }
  void text(std::string_view) override {}
  bool finished() const override { return day_formats.size() + other_formats.size() > 65'536; }
};

/// Shared strings: runs joined, readings (rPh) left out.
struct Strings final : XmlEvents {
  Book& book;
  const Limits& limits;
  bool in_text = false, full = false;
  int in_reading = 0;
  Strings(Book& b, const Limits& l) : book(b), limits(l) {}
  void open(std::string_view name, const Attributes&) override {
    if (name == "rPh") ++in_reading;
    in_text = name == "t" && in_reading == 0;
  }
  void close(std::string_view name) override {
    if (name == "rPh") --in_reading;
    if (name == "t") in_text = false;
    if (name == "si") book.string_ends.push_back(book.strings.size());
    full = full || book.string_ends.size() * sizeof(std::size_t) > limits.strings;
  }
  void text(std::string_view t) override {
    if (!in_text) return;
    full = full || book.strings.size() + t.size() > limits.strings;
    if (!full) book.strings += t;
  }
  bool finished() const override { return full; }
};

/// A target of xl/workbook.xml's relations as the name of a part.
std::string part_name(std::string_view target, std::string_view folder) {
  if (starts_with(target, "/")) return std::string(target.substr(1));
  return std::string(folder) + std::string(target);
}

Result<void> read_styles(const ZipReader& zip, std::string_view part, Book& book) {
  Styles styles;
  MACHIYA_CHECK(read_part(zip, part, styles));
  book.day_styles = std::move(styles.day_styles);
  return {};
}

Result<void> read_strings(const ZipReader& zip, std::string_view part, const Limits& limits, Book& book) {
  Strings strings(book, limits);
  MACHIYA_CHECK(read_part(zip, part, strings));
  if (strings.full) return Error(ErrorCode::too_large, "strings");
  return {};
}

}  // namespace

std::string_view Book::shared(std::size_t index) const {
  if (index >= string_ends.size()) return {};
  const std::size_t start = index == 0 ? 0 : string_ends[index - 1];
  return std::string_view(strings).substr(start, string_ends[index] - start);
}

Result<void> read_part(const ZipReader& zip, std::string_view name, XmlEvents& events) {
  XmlParser parser(events);
  bool open = true;
  MACHIYA_CHECK(zip.read(name, [&](std::string_view bytes) -> Result<bool> {
    MACHIYA_TRY(open, parser.feed(bytes, false));
    return open;
  }));
  if (open) MACHIYA_CHECK(parser.feed({}, true));
  return {};
}

Result<Book> read_book(const ZipReader& zip, const Limits& limits) {
  Relations package, parts;
  std::string workbook_part = "xl/workbook.xml";
  if (zip.has("_rels/.rels")) MACHIYA_CHECK(read_part(zip, "_rels/.rels", package));
  if (const auto found = package.by_type.find("officeDocument"); found != package.by_type.end()) workbook_part = part_name(found->second, "");
  if (!zip.has(workbook_part)) return Error(ErrorCode::unsupported_type, "no-sheet");   // some other zip: a document, an archive
  const std::size_t slash = workbook_part.rfind('/') + 1;   // npos + 1: no folder
  const std::string folder = workbook_part.substr(0, slash);
  Workbook workbook;
  MACHIYA_CHECK(read_part(zip, workbook_part, workbook));
  const std::string relations = folder + "_rels/" + workbook_part.substr(slash) + ".rels";
  if (zip.has(relations)) MACHIYA_CHECK(read_part(zip, relations, parts));
  const auto sheet = parts.by_id.find(workbook.relation);
  if (workbook.relation.empty() || sheet == parts.by_id.end()) return Error(ErrorCode::unsupported_type, "no-sheet");
  Book book;
  book.sheet_part = part_name(sheet->second, folder), book.sheet_name = workbook.name, book.days_from_1904 = workbook.days_from_1904;
  if (!zip.has(book.sheet_part)) return Error(ErrorCode::unsupported_type, "no-sheet");
  if (const auto styles = parts.by_type.find("styles"); styles != parts.by_type.end())
    MACHIYA_CHECK(read_styles(zip, part_name(styles->second, folder), book));
  if (const auto strings = parts.by_type.find("sharedStrings"); strings != parts.by_type.end())
    MACHIYA_CHECK(read_strings(zip, part_name(strings->second, folder), limits, book));
  return book;
}

}  // namespace machiya::tables
