#include "tell/audiences/seed.h"

#include <algorithm>

#include "tell/audiences/audiences_dao.h"

namespace machiya::tell {
namespace {

constexpr std::int64_t kStep = 250;   ///< people of one transaction
constexpr const char* kAges[] = {"under-20", "20s", "30s", "40s", "50s", "60s", "70s", "80-and-over"};
constexpr const char* kEvents[] = {"birth", "school-entry", "moving-in", "care"};

std::string line_id(Rng& rng) {
  std::string out = "U";
  for (int i = 0; i < 32; ++i) out += "0123456789abcdef"[rng.below(16)];
  return out;
}

struct Numbers {
  int line = 0, mail = 0;
  std::vector<std::int64_t> topics;
};

std::int64_t some_topics(const Numbers& numbers, Rng& rng) {
  std::int64_t out = 0;
  for (const std::int64_t bit : numbers.topics)
    if (rng.below(3) == 0) out |= bit;
  return out;
}

Result<void> one_person(store::Tx& tx, Audiences& audiences, const Numbers& numbers, const SeedOptions& options, std::int64_t number, Rng& rng) {
  const int lang = rng.below(100) < 92 ? 0 : static_cast<int>(rng.below(6));
  std::int64_t recipient = 0;
  const std::uint64_t channels = rng.below(10);
  if (channels < 8) {
    MACHIYA_TRY(recipient, audiences.subscribe(tx, 0, numbers.line, line_id(rng), some_topics(numbers, rng), lang, "demonstration"));
  }
  if (channels >= 8 || rng.below(2) == 0) {
    MACHIYA_TRY(recipient, audiences.subscribe(tx, recipient, numbers.mail, "resident-" + std::to_string(number) + "@example.jp", some_topics(numbers, rng), lang, "demonstration"));
  }
  if (options.wards.empty() || rng.below(3) == 0) return {};
  json::Value about = json::Value::object({{"ward", options.wards[rng.below(options.wards.size())]}, {"age", kAges[rng.below(std::size(kAges))]}});
  if (rng.below(6) == 0) about.set("events", json::Value::array().push(kEvents[rng.below(std::size(kEvents))]));
  return audiences.describe(tx, recipient, about, "demonstration");
}

}  // namespace

Result<std::int64_t> seed_recipients(store::Store& store, Audiences& audiences, const SeedOptions& options) {
  MACHIYA_TRY(const bool any, store.read([](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(const auto first, audiences_dao::find(tx, audiences_dao::By::id, std::int64_t{1}));
    return first.has_value();
  }));
  if (any) return std::int64_t{0};
  Numbers numbers;
  MACHIYA_TRY(numbers.line, audiences.number("channel", "line"));
  MACHIYA_TRY(numbers.mail, audiences.number("channel", "mail"));
  for (const std::string& topic : options.topics) {
    MACHIYA_TRY(const int bit, audiences.number("topic", topic));
    numbers.topics.push_back(std::int64_t{1} << bit);
  }
  for (std::int64_t from = 0; from < options.people; from += kStep) {
    MACHIYA_CHECK(store.write([&](store::Tx& tx) -> Result<void> {
      SeededRng rng(static_cast<std::uint64_t>(from) + 17);   // of its own: a write may run twice
      for (std::int64_t i = from; i < std::min(from + kStep, options.people); ++i) MACHIYA_CHECK(one_person(tx, audiences, numbers, options, i, rng));
      return {};
    }));
    if (options.progress) options.progress(std::min(from + kStep, options.people), options.people);
  }
  return options.people;
}

}  // namespace machiya::tell
