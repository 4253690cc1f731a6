#include "platform/tables/csv_reader.h"

#include <algorithm>
#include <map>

#include "platform/tables/text_decoder.h"

namespace machiya::tables {

std::string& CsvReader::current() {
  if (cells_.size() <= used_) cells_.emplace_back();
  return cells_[used_].text;
}

Result<void> CsvReader::append(std::string_view text) {
  std::string& cell = current();
  if (cell.size() + text.size() > limits_.cell_bytes) return fault(ErrorCode::too_large, "cell-bytes");
  cell += text;
  in_row_ = true;
  return {};
}

Result<void> CsvReader::end_field() {
  current();
  in_row_ = true;
  if (++used_ >= limits_.columns) return fault(ErrorCode::too_large, "columns");
  current().clear();
  return {};
}

Result<bool> CsvReader::end_row() {
  bool more = true;
  if (in_row_) {
    current();
    cells_.resize(used_ + 1);
    const bool filled = std::any_of(cells_.begin(), cells_.end(), [](const Cell& c) { return !c.text.empty(); });
    if (filled) {
      if (row_ > limits_.rows) return fault(ErrorCode::too_large, "rows");
      last_row_ = row_;
      more = sink_(row_, cells_);
    }
  }
  used_ = 0, in_row_ = false, ++row_;
  current().clear();
  return more;
}

Result<bool> CsvReader::feed(std::string_view text) {
  const char stops[] = {separator_, '"', '\r', '\n', '\0'};
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (state_ == State::quoted) {
      const std::size_t quote = std::min(text.find('"', i), text.size());
      MACHIYA_CHECK(append(text.substr(i, quote - i)));
      if (quote < text.size()) state_ = State::quote;
      i = quote + 1;
      continue;
    }
    if (state_ == State::quote && c == '"') {   // a doubled quote is one quote
      MACHIYA_CHECK(append("\""));
      state_ = State::quoted, ++i;
      continue;
    }
    state_ = State::field;
    if (c == '\n' && after_cr_) {
      after_cr_ = false, ++i;
      continue;
    }
    after_cr_ = false;
    if (c == '\r' || c == '\n') {
      after_cr_ = c == '\r', ++i;
      MACHIYA_TRY(const bool more, end_row());
      if (!more) return false;
    } else if (c == separator_) {
      MACHIYA_CHECK(end_field());
      ++i;
    } else if (c == '"' && current().empty()) {
      state_ = State::quoted, in_row_ = true, ++i;
    } else {
      const std::size_t end = std::min(text.find_first_of(std::string_view(stops, 4), i + 1), text.size());
      MACHIYA_CHECK(append(text.substr(i, end - i)));
      i = end;
    }
  }
  return true;
}

Result<void> CsvReader::end() {
  if (state_ == State::quoted) return fault(ErrorCode::invalid_input, "quote");
  MACHIYA_CHECK(end_row());
  return {};
}

char guess_separator(std::string_view head) {
  char best = ',';
  std::size_t best_score = 0;
  for (const char candidate : {',', '\t', ';'}) {
    std::map<std::size_t, std::size_t> rows_of_width;
    Limits limits;
    const RowSink sink = [&](std::uint64_t, const Cells& cells) { return ++rows_of_width[cells.size()], true; };
    CsvReader reader(candidate, limits, sink);
    if (!reader.feed(head).ok()) continue;
    std::size_t score = 0;
    for (const auto& [width, rows] : rows_of_width)
      if (width > 1) score = std::max(score, rows * 1000 + std::min<std::size_t>(width, 999));
    if (rows_of_width.empty()) {   // a single line without its end
      score = static_cast<std::size_t>(std::count(head.begin(), head.end(), candidate));
    }
    if (score > best_score) best = candidate, best_score = score;
  }
  return best;
}

Result<Info> read_csv(Source& source, const Limits& limits, const RowSink& sink) {
  MACHIYA_TRY(const Encoding encoding, detect_encoding(source));
  Info info;
  info.encoding = encoding.name;
  std::string head;
  MACHIYA_CHECK(decode(source, encoding, [&](std::string_view text) -> Result<bool> {
    head.assign(text);
    return false;
  }));
  info.separator = guess_separator(head);
  CsvReader reader(info.separator, limits, sink);
  bool stopped = false;
  MACHIYA_CHECK(decode(source, encoding, [&](std::string_view text) -> Result<bool> {
    MACHIYA_TRY(const bool more, reader.feed(text));
    stopped = !more;
    return more;
  }));
  if (!stopped) MACHIYA_CHECK(reader.end());
  info.last_row = reader.last_row();
  if (info.last_row == 0) return Error(ErrorCode::invalid_input, "empty");
  return info;
}

}  // namespace machiya::tables
