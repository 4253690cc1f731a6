#include <functional>
#include <iostream>
#include <map>

#include "bench/registers/bench.h"

namespace machiya::registers::bench {
namespace {

using std::chrono::steady_clock;

/// A kind of list that a page shows; `make` gives one of its queries.
struct Kind {
  const char* name;
  std::function<Query(Rng&)> make;
  int pages = 1;
};

std::string day(Rng& dice, int year, int span) { return to_iso(add_days(make_date(year, 1, 1), static_cast<int>(dice.below(static_cast<std::uint64_t>(span))))); }
std::string number(Rng& dice, std::uint64_t below) { return std::to_string(dice.below(below)); }

Query query(std::vector<Condition> where, std::optional<Sort> sort = {}, int limit = 50) {
  Query out;
  out.where = std::move(where), out.sort = std::move(sort), out.limit = limit;
  return out;
}

/// A query whose page begins in the middle of the order: the cursor of the first page of the rows from there on.
Query deep(Bench& bench, Query q, const Condition& from) {
  Query start = q;
  start.where.push_back(from), start.limit = 1;
  auto listing = bench.hall->registers->list(bench.trees(), start, bench.who);
  if (!listing.ok()) give_up(listing.error());
  q.after = listing->next;
  return q;
}

std::vector<Kind> kinds(Bench& bench) {
  const auto parks = parks_of(bench);
  const Sort girth{"girth", true}, tag{"tag", false}, inspection{"next_inspection", false}, planted{"planted", true};
  const auto span = [](Rng& dice, int days) {
    const Date from = add_days(make_date(1980, 1, 1), static_cast<int>(dice.below(15'000)));
    return std::vector<Condition>{{"planted", "from", to_iso(from)}, {"planted", "to", to_iso(add_days(from, days))}};
  };
  const auto search = [](std::string text) {
    Query out;
    out.search = std::move(text);
    return out;
  };
  return {
      {"newest", [](Rng&) { return query({}); }},
      {"by girth", [=](Rng&) { return query({}, girth); }},
      {"one species, newest", [](Rng&) { return query({{"species", "is", "cherry"}}); }},
      {"one species, by girth", [=](Rng&) { return query({{"species", "is", "cherry"}}, girth); }},
      {"one park, by inspection", [=](Rng& d) { return query({{"park", "is", parks[d.below(parks.size())]}}, inspection); }},
      {"one park and species, state living, by tag", [=](Rng& d) { return query({{"park", "is", parks[d.below(parks.size())]}, {"species", "is", "cherry"}, {"state", "is", "living"}}, tag); }},
      {"one girth, by inspection", [=](Rng& d) { return query({{"girth", "is", number(d, 5000)}}, inspection); }},
      {"girth from, by planted", [=](Rng& d) { return query({{"girth", "from", number(d, 4900)}}, planted); }},
      {"planted in a month, one species, by tag", [=](Rng& d) { auto w = span(d, 30); w.push_back({"species", "is", "cherry"}); return query(w, tag); }},
      {"planted in a year, cost from, few girths, by tag", [=](Rng& d) {
         auto w = span(d, 365);
         const auto low = d.below(4900);
         w.push_back({"girth", "from", std::to_string(low)}), w.push_back({"girth", "to", std::to_string(low + 50)}), w.push_back({"cost", "from", "500000"});
         return query(w, tag);
       }},
      {"two wide ranges that share nothing, by tag", [=](Rng& d) {   // a deadline lies three working days behind its date
         auto w = span(d, 365);
         w.push_back({"answer_by", "to", to_iso(add_days(*parse_iso_date(w[0].value), -10))});
         return query(w, tag);
       }},
      {"state that no row has, by girth", [=](Rng&) { return query({{"state", "is", "felled"}}, girth); }},
      {"not one species, by tag", [=](Rng&) { return query({{"species", "not", "zelkova"}}, tag); }},
      {"girth empty, newest", [](Rng&) { return query({{"girth", "empty", ""}}); }},
      {"page in the middle, by girth", [=, &bench](Rng&) { return deep(bench, query({}, Sort{"girth", false}), {"girth", "from", "2500"}); }},
      {"page in the middle, one species, by planted", [=, &bench](Rng&) { return deep(bench, query({{"species", "is", "cherry"}}, Sort{"planted", false}), {"planted", "from", "2001-01-01"}); }},
      {"search, a tag", [=](Rng& d) { return search(std::to_string(10'000'000 + d.below(1'000'000)).substr(1)); }},
      {"search, three digits", [=](Rng& d) { return search(std::to_string(1000 + d.below(1000)).substr(1)); }},
      {"search, a word of an eighth of the rows", [=](Rng&) { return search("根上がり"); }},
      {"search, a word and digits", [=](Rng& d) { return search("根上がり" + std::to_string(100 + d.below(900))); }},
      {"group of parks", [=](Rng&) { return query({}, Sort{"park", false}); }},
      {"lane of a board", [](Rng&) { return query({{"state", "is", "living"}}, {}, 20); }},
      {"calendar month, 1,000 rows", [=](Rng& d) {
         const Date from = *parse_iso_date(day(d, 2026, 1400));
         return query({{"next_inspection", "from", to_iso(from)}, {"next_inspection", "to", to_iso(add_days(from, 30))}}, inspection, 500);
       }, 2},
      {"map or sheet, 1,000 rows of one park", [=](Rng& d) { return query({{"park", "is", parks[d.below(parks.size())]}}, {}, 500); }, 2},
      {"tag contains four digits", [=](Rng& d) { return query({{"tag", "has", std::to_string(10'000 + d.below(10'000)).substr(1)}}, girth); }},
  };
}

double one(Bench& bench, const Kind& kind, Query q) {
  const auto start = steady_clock::now();
  for (int page = 0; page < kind.pages; ++page) {
    auto listing = bench.hall->registers->list(bench.trees(), q, bench.who);
    if (!listing.ok()) give_up(listing.error());
    q.after = listing->next;
    if (q.after.empty()) break;
  }
  return ms_since(start);
}

}  // namespace

void lists(Bench& bench) {
  SeededRng dice(2);
  std::vector<double> all;
  for (const Kind& kind : kinds(bench)) {
    if (std::string(kind.name).find(bench.wanted.kind) == std::string::npos) continue;
    std::vector<double> times;
    (void)one(bench, kind, kind.make(dice));   // statements are prepared once a connection, columns read once into memory
    const auto start = steady_clock::now();
    bench.hall->registers->settle_indexes();
    if (const double ms = ms_since(start); ms > 10) std::cout << "  (its columns were read into memory in " << static_cast<int>(ms) << " ms)\n";
    (void)one(bench, kind, kind.make(dice));
    for (int i = 0; i < bench.wanted.times; ++i) times.push_back(one(bench, kind, kind.make(dice)));
    if (kind.pages == 1) all.insert(all.end(), times.begin(), times.end());
    std::cout << "  " << kind.name << ": " << quantiles(std::move(times)) << std::endl;
  }
  std::cout << "  all lists of one page: " << quantiles(std::move(all)) << std::endl;
}

}  // namespace machiya::registers::bench
