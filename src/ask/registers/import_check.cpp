#include "ask/registers/import_check.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"

namespace machiya::registers {
namespace {

using tables::Cells;

/// Columns of the register with the columns of the file that fill them.
struct Filled {
  const Column* column = nullptr;
  std::vector<std::pair<std::string, std::size_t>> parts;   ///< part, column of the file
};

std::vector<Filled> filled_columns(const std::vector<Target>& targets, const ImportPlan& plan) {
  std::vector<Filled> out;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    const Target* target = target_of(targets, plan.targets[i]);
    if (target == nullptr) continue;
    auto found = std::find_if(out.begin(), out.end(), [&](const Filled& f) { return f.column == target->column; });
    if (found == out.end()) found = out.insert(out.end(), Filled{target->column, {}});
    found->parts.emplace_back(target->part, i);
  }
  return out;
}

const tables::Cell& cell_at(const Cells& cells, std::size_t column) {
  static const tables::Cell empty;
  return column < cells.size() ? cells[column] : empty;
}

/// Reads the file row by row.
class FileCheck {
 public:
  FileCheck(const ImportContext& context, const ImportPlan& plan, const tables::Info& info, ImportProgress& progress)
      : context_(context), plan_(plan), progress_(progress),
        filled_(filled_columns(targets_of(context.registers, context.reg, context.who, true), plan)),
        reader_(context.reg, context.lang, info) {}

  bool row(std::uint64_t number, const Cells& cells) {
    if (number <= plan_.heading_row) return true;
    if (progress_.stop || out_.rows.size() >= static_cast<std::size_t>(kMaxBulk)) {
      full_ = !progress_.stop;
      return false;
    }
    Values values = json::Value::object();
    bool any = false;
    for (const Filled& filled : filled_) any = read(filled, number, cells, values) || any;
    if (!any) return true;
    out_.rows.push_back(std::move(values));
    out_.numbers.push_back(number);
    ++progress_.rows;
    return true;
  }
  bool full() const { return full_; }
  ImportCheck& out() { return out_; }
  /// The checks of the register; what a cell that cannot be read left empty is not reported again.
  Result<void> against_register() {
    std::set<std::pair<std::uint64_t, std::string>> known;
    for (const ImportFault& fault : out_.faults) known.emplace(fault.row, column_of(fault.target));
    MACHIYA_TRY(const auto errors, context_.registers.check_many(context_.reg, out_.rows, context_.who, context_.lang));
    for (const auto& [index, error] : errors) {
      if (index >= out_.numbers.size()) return Error(ErrorCode::internal, "check_many");
      if (known.count({out_.numbers[index], std::string(column_of(error.column))}) > 0) continue;
      out_.faults.push_back({out_.numbers[index], file_column(error.column), error.column, error.code, error.message, {}});
      checked_[out_.numbers[index]].push_back(out_.faults.size() - 1);
    }
    return {};
  }
  /// Fills in what stands in the cells that the register refused: a second look at the file, so that no row is held for it.
  Result<void> typed_texts(tables::Source& source) {
    if (checked_.empty()) return {};
    return tables::read_table(source, import_limits(), [&](std::uint64_t number, const Cells& cells) {
             const auto found = checked_.find(number);
             if (found == checked_.end()) return true;
             for (const std::size_t i : found->second)
               if (out_.faults[i].column != kNoColumn) out_.faults[i].typed = cell_at(cells, out_.faults[i].column).text.substr(0, 200);
             return true;
           }).ok()
               ? Result<void>()
               : Error(ErrorCode::storage_failed, "read");
  }

 private:
  static std::string_view column_of(std::string_view target) { return target.substr(0, target.find('.')); }
  std::size_t file_column(std::string_view target) const {
    for (const std::string_view wanted : {target, column_of(target)})
      for (std::size_t i = 0; i < plan_.targets.size(); ++i)
        if (plan_.targets[i] == wanted) return i;
    for (const Filled& filled : filled_)
      if (filled.column->name == column_of(target)) return filled.parts.front().second;
    return kNoColumn;
  }
  /// False when all its cells are empty.
  bool read(const Filled& filled, std::uint64_t number, const Cells& cells, Values& values) {
    scratch_.clear();
    bool any = false;
    for (const auto& [part, at] : filled.parts) {
      const tables::Cell& cell = cell_at(cells, at);
      any = any || !trim(cell.text).empty();
      scratch_.emplace_back(part, cell);
    }
    if (!any) return false;
    std::optional<CellFault> fault;
    std::string part;
    json::Value value = reader_.read(*filled.column, scratch_, fault, part);
    if (fault) {
      const std::string target = part.empty() || filled.parts.front().first.empty() ? filled.column->name : filled.column->name + "." + part;
      const std::size_t at = file_column(target);
      out_.faults.push_back({number, at, target, std::move(fault->code), std::move(fault->message), cell_at(cells, at).text.substr(0, 200)});
    } else if (!value.is_null()) {
      values.set(filled.column->name, std::move(value));
    }
    return true;
  }

  const ImportContext& context_;
  const ImportPlan& plan_;
  ImportProgress& progress_;
  std::vector<Filled> filled_;
  const CellReader reader_;
  std::vector<std::pair<std::string, tables::Cell>> scratch_;
  std::map<std::uint64_t, std::vector<std::size_t>> checked_;   ///< faults of the register by row
  ImportCheck out_;
  bool full_ = false;
};

}  // namespace

tables::Limits import_limits() { return {}; }

Result<ImportHead> read_head(tables::Source& source, const std::vector<Target>& targets) {
  constexpr std::size_t kRows = 16, kTitles = 10, kSample = 5;
  std::vector<std::pair<std::uint64_t, Cells>> rows;
  ImportHead head;
  MACHIYA_TRY(head.info, tables::read_table(source, import_limits(), [&](std::uint64_t number, const Cells& cells) {
    rows.emplace_back(number, cells);
    return rows.size() < kRows;
  }));
  std::size_t best = 0, best_named = 0;
  for (std::size_t i = 0; i < std::min(rows.size(), kTitles); ++i) {
    const std::vector<std::string> guessed = guess_targets(targets, rows[i].second);
    const auto named = static_cast<std::size_t>(std::count_if(guessed.begin(), guessed.end(), [](const std::string& t) { return !t.empty(); }));
    if (named > best_named) best = i, best_named = named;
  }
  head.heading_row = rows[best].first, head.heading = rows[best].second;
  for (std::size_t i = best + 1; i < rows.size() && head.sample.size() < kSample; ++i) {
    if (rows[i].second.size() > head.heading.size()) head.heading.resize(rows[i].second.size());   // a column without a heading
    head.sample.push_back(std::move(rows[i].second));
  }
  return head;
}

namespace {

/// Reads the file, then lets `further` look at what came out.
Result<ImportCheck> read_file(const ImportContext& context, tables::Source& source, const ImportPlan& plan, ImportProgress& progress,
                              const std::function<Result<void>(FileCheck&)>& further) {
  // What kind of file it is, and how its dates count, must be known before its first row.
  MACHIYA_TRY(const tables::Info info, tables::read_table(source, import_limits(), [](std::uint64_t, const Cells&) { return false; }));
  FileCheck file(context, plan, info, progress);
  MACHIYA_TRY(file.out().info, tables::read_table(source, import_limits(), [&](std::uint64_t number, const Cells& cells) { return file.row(number, cells); }));
  if (file.full()) return Error(ErrorCode::limit_exceeded, "rows");
  if (progress.stop) return Error(ErrorCode::conflict, "stopped");
  if (file.out().rows.empty()) return Error(ErrorCode::invalid_input, "empty");
  MACHIYA_CHECK(further(file));
  return std::move(file.out());
}

}  // namespace

Result<ImportCheck> read_rows(const ImportContext& context, tables::Source& source, const ImportPlan& plan, ImportProgress& progress) {
  return read_file(context, source, plan, progress, [](FileCheck&) -> Result<void> { return {}; });
}

Result<ImportCheck> check_import(const ImportContext& context, tables::Source& source, const ImportPlan& plan, ImportProgress& progress) {
  MACHIYA_TRY(ImportCheck out, read_file(context, source, plan, progress, [&](FileCheck& file) -> Result<void> {
    MACHIYA_CHECK(file.against_register());
    return file.typed_texts(source);
  }));
  std::stable_sort(out.faults.begin(), out.faults.end(),
                   [](const ImportFault& a, const ImportFault& b) { return std::tie(a.row, a.column) < std::tie(b.row, b.column); });
  return out;
}

std::string cell_name(std::size_t column, std::uint64_t row) {
  std::string letters;
  for (std::size_t n = column + 1; n > 0; n = (n - 1) / 26) letters.insert(letters.begin(), static_cast<char>('A' + (n - 1) % 26));
  return letters + std::to_string(row);
}

}  // namespace machiya::registers
