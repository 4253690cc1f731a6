#include "platform/tables/xlsx_reader.h"

#include <algorithm>
#include <charconv>

#include "platform/tables/number_format.h"
#include "platform/tables/xlsx_book.h"

namespace machiya::tables {
namespace {

std::uint64_t number_of(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size() ? n : 0;
}

/// "BC12" -> 55 (from 1); 0 when it is none.
std::size_t column_of(std::string_view reference) {
  std::size_t n = 0;
  for (const char c : reference) {
    if (c < 'A' || c > 'Z') break;
    n = n * 26 + static_cast<std::size_t>(c - 'A') + 1;
    if (n > 1'000'000) return 0;
  }
  return n;
}

/// The cells of one sheet as they come by.
class Sheet final : public XmlEvents {
 public:
  Sheet(const Book& book, const Limits& limits, const RowSink& sink) : book_(book), limits_(limits), sink_(sink) {}

  void open(std::string_view name, const Attributes& a) override {
    if (name == "row") begin_row(a);
    else if (name == "c") begin_cell(a);
    else if (name == "rPh") ++in_reading_;
    else if (name == "v" || (name == "t" && in_reading_ == 0)) in_value_ = in_cell_;
  }
  void close(std::string_view name) override {
    if (name == "v" || name == "t") in_value_ = false;
    else if (name == "rPh") --in_reading_;
    else if (name == "c") end_cell();
    else if (name == "row") end_row();
  }
  void text(std::string_view t) override {
    if (!in_value_) return;
    if (raw_.size() + t.size() > limits_.cell_bytes) return fail("cell-bytes");
    raw_ += t;
  }
  bool finished() const override { return stopped_ || failed_ != nullptr; }
  Result<std::uint64_t> outcome() const {
    if (failed_) return Error(ErrorCode::too_large, failed_, "row " + std::to_string(row_));
    return last_row_;
  }

 private:
  void fail(const char* what) { failed_ = what; }
  void begin_row(const Attributes& a) {
    const std::uint64_t given = number_of(attribute(a, "r"));
    row_ = given > row_ ? given : row_ + 1;   // rows only go down
    if (row_ > limits_.rows) fail("rows");
    for (Cell& cell : cells_) cell.text.clear(), cell.kind = CellKind::text;
    used_ = 0, column_ = 0, filled_ = false;
  }
  void begin_cell(const Attributes& a) {
    const std::size_t given = column_of(attribute(a, "r"));
    column_ = given > column_ ? given : column_ + 1;
    in_cell_ = true, raw_.clear();
    type_ = attribute(a, "t"), style_ = static_cast<std::size_t>(number_of(attribute(a, "s")));
  }
  void end_cell() {
    in_cell_ = false;
    Cell made = value();
    if (made.text.empty()) return;
    if (column_ > limits_.columns) return fail("columns");
    if (cells_.size() < column_) cells_.resize(column_);
    cells_[column_ - 1] = std::move(made);
    used_ = std::max(used_, column_), filled_ = true;
  }
  void end_row() {
    if (!filled_) return;
    cells_.resize(used_);
    last_row_ = row_;
    if (!sink_(row_, cells_)) stopped_ = true;
  }
  Cell value() {
    if (raw_.empty()) return {};
    if (type_ == "s") {
      const std::string_view shared = book_.shared(static_cast<std::size_t>(number_of(raw_)));
      if (shared.size() > limits_.cell_bytes) fail("cell-bytes");
      return {std::string(shared.substr(0, limits_.cell_bytes)), CellKind::text};
    }
    if (type_ == "b") return {raw_ == "1" || raw_ == "true" ? "TRUE" : "FALSE", CellKind::text};
    if (type_ == "d") return {raw_, CellKind::date};
    if (!type_.empty() && type_ != "n") return {raw_, CellKind::text};   // str, inlineStr, e
    if (style_ < book_.day_styles.size() && book_.day_styles[style_])
      if (auto day = day_of_serial(raw_, book_.days_from_1904)) return {std::move(*day), CellKind::date};
    std::string number = plain_number(raw_);
    if (number.empty()) return {raw_, CellKind::text};
    return {std::move(number), CellKind::number};
  }

  const Book& book_;
  const Limits& limits_;
  const RowSink& sink_;
  Cells cells_;
  std::string raw_, type_;
  std::size_t column_ = 0, used_ = 0, style_ = 0;
  std::uint64_t row_ = 0, last_row_ = 0;
  int in_reading_ = 0;
  bool in_cell_ = false, in_value_ = false, filled_ = false, stopped_ = false;
  const char* failed_ = nullptr;
};

}  // namespace

Result<Info> read_xlsx(Source& source, const Limits& limits, const RowSink& sink) {
  MACHIYA_TRY(const ZipReader zip, ZipReader::open(source, limits));
  MACHIYA_TRY(const Book book, read_book(zip, limits));
  Sheet sheet(book, limits, sink);
  MACHIYA_CHECK(read_part(zip, book.sheet_part, sheet));
  Info info;
  info.format = Format::xlsx, info.sheet = book.sheet_name, info.days_from_1904 = book.days_from_1904;
  MACHIYA_TRY(info.last_row, sheet.outcome());
  if (info.last_row == 0) return Error(ErrorCode::invalid_input, "empty");
  return info;
}

}  // namespace machiya::tables
