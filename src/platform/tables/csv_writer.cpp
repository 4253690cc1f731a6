#include "platform/tables/file_out.h"
#include "platform/tables/table_file.h"

namespace machiya::tables {
namespace {

/// What spreadsheets take as the start of a formula (OWASP "CSV Injection").
constexpr std::string_view kFormula = "=+-@\t\r";

/// Apostrophes count too: a text of one's own that looks guarded would lose one on its way back.
bool formula_behind_apostrophes(std::string_view text) {
  const std::size_t at = text.find_first_not_of('\'');
  return at != std::string_view::npos && kFormula.find(text[at]) != std::string_view::npos;
}

class CsvWriter final : public Writer {
 public:
  explicit CsvWriter(const std::string& path) : out_(path) {}
  bool open() const { return out_.open(); }
  Result<void> begin() { return out_.write("\xEF\xBB\xBF"); }
  Result<void> row(const Cells& cells) override {
    line_.clear();
    for (const Cell& cell : cells) {
      if (&cell != cells.data()) line_ += ',';
      append(cell.kind == CellKind::text ? guarded(cell.text) : cell.text);
    }
    line_ += "\r\n";
    return out_.write(line_);
  }
  Result<void> finish() override { return out_.flush(); }

 private:
  void append(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
      line_ += text;
      return;
    }
    line_ += '"';
    for (const char c : text) line_ += c == '"' ? "\"\"" : std::string_view(&c, 1);
    line_ += '"';
  }
  FileOut out_;
  std::string line_;
};

}  // namespace

std::string guarded(std::string_view text) { return formula_behind_apostrophes(text) ? "'" + std::string(text) : std::string(text); }

std::string_view unguarded(std::string_view text) {
  return !text.empty() && text[0] == '\'' && formula_behind_apostrophes(text) ? text.substr(1) : text;
}

Result<std::unique_ptr<Writer>> csv_writer(const std::string& path) {
  auto writer = std::make_unique<CsvWriter>(path);
  if (!writer->open()) return Error(ErrorCode::storage_failed, "table file");
  MACHIYA_CHECK(writer->begin());
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace machiya::tables
