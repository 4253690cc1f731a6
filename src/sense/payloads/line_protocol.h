// The Influx line protocol: measurement,tag=value field=value time, one line each. Pure; reads where the text lies and allocates nothing for a line.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::sense::payloads {

/// µs for one unit of a time stamp; ns are told by 0.
struct Precision {
  std::int64_t us_per_unit = 0;
  /// "ns" and "n", "us", "u" and "µ", "ms", "s", "m", "h"; "" is ns. False for anything else.
  static bool parse(std::string_view name, Precision& out);
};

enum class FieldKind : std::uint8_t { real, integer, unsigned_integer, boolean, text };

struct Field {
  std::string_view key;      ///< as written, with its escapes
  FieldKind kind = FieldKind::real;
  double number = 0;         ///< of real, integer and unsigned ones (the nearest double); 1 or 0 of booleans
  std::int64_t integer = 0;  ///< exact, of integers; of unsigned ones their bits
  std::string_view text;     ///< of texts: between the quotes, with its escapes
};

struct Line {
  static constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();
  std::size_t number = 0;          ///< of the line, from 1
  std::string_view measurement;    ///< as written, with its escapes
  std::string_view tags;           ///< "a=1,b=2" as written; "" for none
  bool tags_in_order = true;       ///< their keys rise byte by byte, so that equal series have equal text
  std::span<const Field> fields;   ///< at least one; valid until the next line is read
  std::int64_t time_us = kNoTime;  ///< rounded down to µs
};

/// What is wrong with a line. The others are not touched by it.
struct LineError {
  std::size_t number = 0;
  std::string_view what;           ///< a constant text
};

/// Reads a body line by line: empty lines and those that begin with "#" are left out, "\r" before the end is nothing. After a mistake it goes on
/// behind the next line feed.
class LineReader {
 public:
  enum class Got : std::uint8_t { line, error, end };
  LineReader(std::string_view body, Precision precision) : at_(body.data()), end_(body.data() + body.size()), precision_(precision) {}
  /// `line` after Got::line, `error` after Got::error.
  Got next();
  Line line;
  LineError error;

 private:
  bool read_line();
  bool read_measurement();
  bool read_tags();
  bool read_fields();
  bool read_field(Field& field);
  bool read_value(Field& field);
  bool read_text(Field& field);
  bool read_time();
  bool wrong(std::string_view what) {
    error = {number_, what};
    return false;
  }
  bool line_ends() const { return at_ == end_ || *at_ == '\n' || (*at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n')); }

  const char *at_, *end_;
  Precision precision_;
  std::size_t number_ = 0, lines_passed_ = 0;
  std::vector<Field> fields_;
};

/// Appends a measurement ("\," "\ "), tag or field key ("\," "\=" "\ ") without escapes. A backslash before anything else stays.
void unescape(std::string_view written, std::string& out);
/// The same for a text field: "\"" and "\\".
void unescape_text(std::string_view written, std::string& out);
/// Appends the tags in the order of their keys, so that equal series have equal text.
void put_in_order(std::string_view tags, std::string& out);

/// A decimal number as line protocol and JSON have it, the nearest double. False for anything else, and for what no finite double is near.
bool parse_number(std::string_view text, double& out);

}  // namespace machiya::sense::payloads
