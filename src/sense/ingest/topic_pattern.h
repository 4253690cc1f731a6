// Patterns of MQTT topics and HTTP paths: "sensors/{device}/{channel}". Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machiya::sense::ingest {

/// Names of a pattern and what stood there, in the order of the pattern.
using Captures = std::vector<std::pair<std::string, std::string>>;

class TopicPattern {
 public:
  TopicPattern() = default;
  /// `text` has the form that the schema of profiles asks for.
  explicit TopicPattern(std::string_view text);
  /// Level by level; a name stands for one level that is not empty. Nothing when the text does not fit.
  std::optional<Captures> match(std::string_view text) const;
  const std::string& text() const { return text_; }
  /// The name stands in it.
  bool names(std::string_view name) const;
  /// A name that stands twice, or "".
  std::string twice() const;
  /// Is there a text that fits both? {device} fits no two devices, so patterns of one kind that differ only by other names overlap.
  bool overlaps(const TopicPattern& other) const;

 private:
  struct Level {
    std::string text;   ///< of a name without its braces
    bool name = false;
  };
  std::string text_;
  std::vector<Level> levels_;
};

/// What was captured for `name`; "" when nothing was.
std::string_view captured(const Captures& captures, std::string_view name);

}  // namespace machiya::sense::ingest
