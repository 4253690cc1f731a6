#include "sense/series/head.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

namespace machiya::sense::series {

struct Head::Node {
  std::int64_t time_us;
  double value;
  std::uint32_t previous;   ///< of the same series, + 1; 0 for none
  std::uint32_t version;    ///< above first_version_, times 8, and the quality below
};

/// Where the chains of one measurement begin: pages of 64, 128, 256 … series, so that small measurements stay small and nothing ever moves.
struct Head::Chains {
  static constexpr std::uint32_t kFirst = 64;
  std::array<std::atomic<std::atomic<std::uint32_t>*>, 27> pages{};
  std::atomic<std::uint32_t> numbers{0};
  std::atomic<std::int64_t> first_us{std::numeric_limits<std::int64_t>::max()}, last_us{std::numeric_limits<std::int64_t>::min()};

  /// Days with points: readers walk the list, the writer looks into its set.
  struct DayLink {
    std::int64_t day;
    const DayLink* next;
  };
  std::atomic<const DayLink*> days{nullptr};
  std::unordered_set<std::int64_t> seen;
  std::int64_t last_day = kDayUs;   // no day

  ~Chains() {
    for (auto& p : pages) delete[] p.load();
    for (const DayLink* at = days.load(); at != nullptr;) delete std::exchange(at, at->next);
  }
  void see_day(std::int64_t day) {
    if (day == last_day) return;
    last_day = day;
    if (seen.insert(day).second) days.store(new DayLink{day, days.load(std::memory_order_relaxed)}, std::memory_order_release);
  }
  static std::size_t page_of(std::uint32_t number) { return static_cast<std::size_t>(std::bit_width((std::uint64_t{number} + kFirst) / kFirst) - 1); }
  static std::size_t within(std::uint32_t number, std::size_t page) { return std::uint64_t{number} + kFirst - (std::uint64_t{kFirst} << page); }
  std::uint32_t newest(std::uint32_t number) const {
    const std::size_t page = page_of(number);
    const auto* p = pages[page].load(std::memory_order_acquire);
    return p == nullptr ? 0 : p[within(number, page)].load(std::memory_order_acquire);
  }
  std::atomic<std::uint32_t>& slot(std::uint32_t number) {
    const std::size_t page = page_of(number);
    auto* p = pages[page].load(std::memory_order_relaxed);
    if (p == nullptr) {
      p = new std::atomic<std::uint32_t>[std::size_t{kFirst} << page]();
      pages[page].store(p, std::memory_order_release);
    }
    return p[within(number, page)];
  }
  void see(const Point& point) {
    if (number_of(point.series) >= numbers.load(std::memory_order_relaxed)) numbers.store(number_of(point.series) + 1, std::memory_order_release);
    if (point.time_us < first_us.load(std::memory_order_relaxed)) first_us.store(point.time_us, std::memory_order_release);
    if (point.time_us > last_us.load(std::memory_order_relaxed)) last_us.store(point.time_us, std::memory_order_release);
  }
};

Head::Head(DayGrid grid) : grid_(grid), pages_(std::make_unique<std::unique_ptr<Node[]>[]>(kMostPages)) {}

Head::~Head() {
  for (auto& side : directory_) {
    auto* list = side.load();
    if (list == nullptr) continue;
    for (std::size_t i = 0; i < kSide; ++i) delete list[i].load();
    delete[] list;
  }
}

const Head::Node& Head::node(std::uint32_t i) const { return pages_[i >> kNodesShift][i & ((1u << kNodesShift) - 1)]; }

Head::Chains* Head::chains(MeasurementId m) const {
  const auto* list = directory_[m / kSide].load(std::memory_order_acquire);
  return list == nullptr ? nullptr : list[m % kSide].load(std::memory_order_acquire);
}

Head::Chains& Head::make_chains(MeasurementId m) {
  auto* list = directory_[m / kSide].load(std::memory_order_relaxed);
  if (list == nullptr) directory_[m / kSide].store(list = new std::atomic<Chains*>[kSide](), std::memory_order_release);
  auto* there = list[m % kSide].load(std::memory_order_relaxed);
  if (there == nullptr) list[m % kSide].store(there = new Chains, std::memory_order_release);
  return *there;
}

void Head::append(std::span<const Point> points, std::uint64_t version) {
  if (count_ == 0) first_version_ = version;
  last_version_ = version;
  Chains* of = nullptr;
  MeasurementId m = ~MeasurementId{0};
  constexpr std::size_t kAhead = 16;   // meters come in any order: the place of one is fetched while the ones before it are written
  for (std::size_t k = 0; k < points.size(); ++k) {
    const Point& p = points[k];
    if (measurement_of(p.series) != m) m = measurement_of(p.series), of = &make_chains(m);
    if (k + kAhead < points.size() && measurement_of(points[k + kAhead].series) == m) __builtin_prefetch(&of->slot(number_of(points[k + kAhead].series)), 1);
    const std::uint32_t i = count_++;
    auto& page = pages_[i >> kNodesShift];
    if (page == nullptr) page = std::make_unique_for_overwrite<Node[]>(std::size_t{1} << kNodesShift);
    auto& newest = of->slot(number_of(p.series));
    page[i & ((1u << kNodesShift) - 1)] = {p.time_us, p.value, newest.load(std::memory_order_relaxed), static_cast<std::uint32_t>((version - first_version_) << 3 | static_cast<std::uint32_t>(p.quality))};
    newest.store(i + 1, std::memory_order_release);
    of->see(p);
    of->see_day(grid_.day_of(p.time_us));
  }
  published_.store(count_, std::memory_order_release);
}

void Head::take(std::uint32_t published, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, std::vector<Sample>& out) const {
  const Chains* of = chains(m);
  if (of == nullptr || published == 0) return;
  const std::uint32_t end = std::min<std::uint64_t>(std::uint64_t{last} + 1, of->numbers.load(std::memory_order_acquire));
  constexpr std::uint32_t kAhead = 8;
  for (std::uint32_t number = first; number < end; ++number) {
    if (number + kAhead < end)
      if (const std::uint32_t at = of->newest(number + kAhead); at != 0) __builtin_prefetch(&node(at - 1));
    const std::size_t start = out.size();
    bool ordered = true;
    for (std::uint32_t at = of->newest(number); at != 0;) {
      const Node& n = node(at - 1);
      if (at <= published && n.time_us >= span.from_us && n.time_us < span.to_us) {
        ordered = ordered && (out.size() == start || n.time_us < out.back().time_us);
        out.push_back({n.time_us, n.value, first_version_ + (n.version >> 3), number, static_cast<std::uint8_t>(n.version & 7)});
      }
      at = n.previous;
    }
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(start), out.end());
    // Stable: of two in one batch the later one stays behind the earlier one.
    if (!ordered) std::stable_sort(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), before);
  }
}

bool Head::touches(MeasurementId m, Span span) const {
  const Chains* of = chains(m);
  return of != nullptr && of->first_us.load(std::memory_order_acquire) < span.to_us && of->last_us.load(std::memory_order_acquire) >= span.from_us;
}

std::uint32_t Head::numbers(MeasurementId m) const {
  const Chains* of = chains(m);
  return of == nullptr ? 0 : of->numbers.load(std::memory_order_acquire);
}

std::vector<std::int64_t> Head::days(MeasurementId m) const {
  std::vector<std::int64_t> out;
  const Chains* of = chains(m);
  for (const auto* at = of == nullptr ? nullptr : of->days.load(std::memory_order_acquire); at != nullptr; at = at->next) out.push_back(at->day);
  return out;
}

std::vector<MeasurementId> Head::measurements() const {
  std::vector<MeasurementId> out;
  for (std::size_t side = 0; side < kSide; ++side) {
    const auto* list = directory_[side].load(std::memory_order_acquire);
    for (std::size_t i = 0; list != nullptr && i < kSide; ++i)
      if (list[i].load(std::memory_order_acquire) != nullptr) out.push_back(static_cast<MeasurementId>(side * kSide + i));
  }
  return out;
}

}  // namespace machiya::sense::series
