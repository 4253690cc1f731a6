// The columns of values within a block (block.h): as they are, or against the value before. Inside series only.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "sense/series/bits.h"

namespace machiya::sense::series {

/// How a column stands.
enum class ColumnMode : std::uint8_t { plain = 0, against_previous = 1 };

/// `previous` (same size, or empty) is what each value is compared with: the smaller way is taken. `bits`: the numbers are bits of doubles, and
/// "against" is exclusive or.
void put_column(std::span<const std::int64_t> values, std::span<const std::int64_t> previous, bool bits, std::string& out);

/// In `column` the previous values stand when this is called, and the values afterwards.
bool take_column(Reader& in, std::span<std::int64_t> column, bool bits);
/// One value of a column of `count`.
std::int64_t take_one(Reader& in, std::size_t count, std::size_t index, std::int64_t previous, bool bits);

/// Runs: each value against the one before in its run; the first of a run against 0. `starts` are positions where runs begin.
void put_runs(std::span<const std::int64_t> values, std::span<const std::uint32_t> starts, bool bits, std::string& out);
bool take_runs(Reader& in, std::span<std::int64_t> values, std::span<const std::uint32_t> starts, bool bits);
/// One run of a column of `count` values.
bool take_run(Reader& in, std::size_t count, std::span<const std::uint32_t> starts, std::size_t run, std::span<std::int64_t> values, bool bits);

}  // namespace machiya::sense::series
