#include "platform/store/store.h"

namespace machiya::store {

std::int64_t Row::integer(std::size_t i) const {
  if (const auto* v = std::get_if<std::int64_t>(&cells_[i])) return *v;
  if (const auto* v = std::get_if<double>(&cells_[i])) return static_cast<std::int64_t>(*v);
  return 0;
}

double Row::real(std::size_t i) const {
  if (const auto* v = std::get_if<double>(&cells_[i])) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&cells_[i])) return static_cast<double>(*v);
  return 0;
}

const std::string& Row::text(std::size_t i) const {
  static const std::string empty;
  if (const auto* v = std::get_if<std::string>(&cells_[i])) return *v;
  if (const auto* v = std::get_if<Bytes>(&cells_[i])) return v->data;
  return empty;
}

std::optional<std::int64_t> Row::optional_integer(std::size_t i) const {
  if (is_null(i)) return std::nullopt;
  return integer(i);
}

std::optional<std::string> Row::optional_text(std::size_t i) const {
  if (is_null(i)) return std::nullopt;
  return text(i);
}

Result<std::optional<Row>> ReadTx::query_one(std::string_view sql, const Binds& binds) {
  std::optional<Row> first;
  MACHIYA_CHECK(stream(sql, binds, [&](const Row& row) {
    first = row;
    return false;
  }));
  return first;
}

}  // namespace machiya::store
