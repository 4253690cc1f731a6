// bulletins_sample_main DIR SEED COUNT: COUNT random notices as DIR/cap_N.xml and DIR/de_N.xml, feeds of them as DIR/atom_N.xml and
// DIR/rss_N.xml, and COUNT changed alerts as DIR/mutant_N.xml with what read_cap() says of each in DIR/verdicts ("NAME yes" or "NAME no REASON").
// bulletins_sample_main --read FILE…: what read_cap() says of each file, one line each.
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>

#include "tell/bulletins/cap.h"
#include "tell/bulletins/feeds.h"
#include "tell/bulletins/read_cap.h"
#include "tell/bulletins/sample/sample.h"

using namespace machiya;
using namespace machiya::bulletins;

namespace {

int fail(const Error& error) {
  std::cerr << error.to_string() << " at " << error.where << "\n";
  return 1;
}

void save(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string verdict(const std::string& bytes) {
  const auto read = read_cap(bytes);
  return read.ok() ? "yes" : "no " + read.error().where + ": " + read.error().detail;
}

int read_files(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    if (!in) return std::cerr << "cannot read " << argv[i] << "\n", 1;
    std::cout << argv[i] << " " << verdict(std::string(std::istreambuf_iterator<char>(in), {})) << "\n";
  }
  return 0;
}

Feed feed_of(int number, std::string lang) {
  Feed f;
  f.lang = std::move(lang);
  f.id = "tag:city.example,2026:feed";
  f.entry_id = "tag:city.example,2026:notice/";
  f.title = "City <&> 大阪市", f.subtitle = "Notices", f.author = "City";
  f.self = "https://city.example/feed.atom?page=" + std::to_string(number) + "&x=1", f.page = "https://city.example/messages";
  f.paging.first = f.self, f.paging.next = "https://city.example/feed.atom?page=" + std::to_string(number + 1);
  if (number % 2 == 0) f.paging.prev_archive = "https://city.example/feed/2025", f.paging.current = f.self, f.paging.archive = true;
  else f.paging.complete = true;
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::string_view(argv[1]) == "--read") return read_files(argc, argv);
  if (argc != 4) return std::cerr << "usage: bulletins_sample_main DIR SEED COUNT\n", 2;
  const std::string dir = std::string(argv[1]) + "/";
  SeededRng rng(std::stoull(argv[2]));
  const int count = std::stoi(argv[3]);
  std::ofstream verdicts(dir + "verdicts");
  std::vector<Notice> page;
  for (int i = 0; i < count; ++i) {
    const Notice notice = sample::notice(rng, i);
    const auto cap = cap12(notice);
    if (!cap.ok()) return fail(cap.error());
    if (const auto read = read_cap(*cap); !read.ok()) return fail(read.error());
    const auto de = edxl_de(notice, l_alert("kiki@city.example"));
    if (!de.ok()) return fail(de.error());
    const std::string n = std::to_string(i) + ".xml";
    save(dir + "cap_" + n, *cap);
    save(dir + "de_" + n, *de);
    const std::string changed = sample::mutated(*cap, rng);
    save(dir + "mutant_" + n, changed);
    verdicts << "mutant_" << n << " " << verdict(changed) << "\n";
    page.push_back(notice);
    if (page.size() < 10) continue;
    const Feed feed = feed_of(i / 10, std::string(std::array<std::string_view, 6>{"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"}[static_cast<std::size_t>(i / 10 % 6)]));
    const auto as_atom = atom(feed, page), as_rss = rss(feed, page);
    if (!as_atom.ok()) return fail(as_atom.error());
    if (!as_rss.ok()) return fail(as_rss.error());
    save(dir + "atom_" + n, *as_atom);
    save(dir + "rss_" + n, *as_rss);
    page.clear();
  }
  return 0;
}
