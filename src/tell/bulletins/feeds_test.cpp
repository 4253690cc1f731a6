#include "tell/bulletins/feeds.h"

#include <gtest/gtest.h>

namespace machiya::bulletins {
namespace {

Feed feed() {
  Feed f;
  f.id = "tag:city.example,2026:feed", f.entry_id = "tag:city.example,2026:notice/", f.title = "お知らせ", f.author = "大阪市";
  f.self = "https://city.example/feed", f.page = "https://city.example/messages";
  return f;
}

Notice notice(const std::string& id, std::int64_t second) {
  Notice n;
  n.id = id, n.url = "https://city.example/m/" + id, n.published = n.sent = Instant{1'780'000'000'000'000 + second * kSecond};
  n.wordings = {{"ja", "題 <" + id + ">", "一行\n二行\n\n{川|かわ}", "", "", ""}, {"en", "Title", "Text & more", "", "", ""}};
  return n;
}

TEST(Feeds, one_entry_per_thread_the_newest_message_and_ids_that_stay) {
  Notice first = notice("a", 0), other = notice("b", 5), update = notice("c", 9);
  update.thread = "a", update.act = Act::update, update.references = {{"s", "a", first.sent}}, update.published = first.published;
  const std::string xml = *atom(feed(), {first, other, update});
  EXPECT_NE(xml.find("<id>tag:city.example,2026:notice/a</id><title>題 &lt;c&gt;</title>"), std::string::npos) << xml;
  EXPECT_EQ(xml.find("&lt;a&gt;"), std::string::npos);
  EXPECT_LT(xml.find("notice/a"), xml.find("notice/b"));
  EXPECT_EQ(xml, *atom(feed(), {update, first, other}));
}

TEST(Feeds, text_is_xhtml_with_ruby_and_rss_holds_the_same_as_html) {
  const std::string xml = *atom(feed(), {notice("a", 0)});
  EXPECT_NE(xml.find("<p>一行<br/>二行</p><p><ruby>川<rp>（</rp><rt>かわ</rt><rp>）</rp></ruby></p>"), std::string::npos) << xml;
  Feed english = feed();
  english.lang = "ko";   // no Korean: English is offered, and says so
  EXPECT_NE(atom(english, {notice("a", 0)})->find("<entry xml:lang=\"en\">"), std::string::npos);
  EXPECT_NE(rss(english, {notice("a", 0)})->find("<description>&lt;p&gt;Text &amp;amp; more&lt;/p&gt;</description>"), std::string::npos);
}

TEST(Feeds, links_of_paging_and_of_the_cap_file) {
  Feed f = feed();
  f.paging.next = "https://city.example/feed?page=2", f.paging.prev_archive = "https://city.example/feed/2025";
  Notice n = notice("a", 0);
  n.sender = "s", n.cap_url = "https://city.example/a.cap", n.hazard = Hazard{{Category::met}, {}, {}, {}, {}, 0, {}, {}};
  const std::string xml = *atom(f, {n});
  EXPECT_NE(xml.find("<link rel=\"self\" type=\"application/atom+xml\" href=\"https://city.example/feed\"/>"), std::string::npos);
  EXPECT_NE(xml.find("<link rel=\"next\" type=\"application/atom+xml\" href=\"https://city.example/feed?page=2\"/>"), std::string::npos);
  EXPECT_NE(xml.find("<link rel=\"prev-archive\""), std::string::npos);
  EXPECT_NE(xml.find("<link rel=\"alternate\" type=\"application/cap+xml\" href=\"https://city.example/a.cap\"/>"), std::string::npos);
}

TEST(Feeds, refuse_a_feed_without_what_it_needs) {
  Feed f = feed();
  f.self = "feed";
  EXPECT_EQ(atom(f, {}).error().where, "feed/self");
  f = feed(), f.author = "";
  EXPECT_EQ(rss(f, {}).error().where, "feed/author");
  Notice n = notice("a", 0);
  n.wordings.clear();
  EXPECT_EQ(atom(feed(), {notice("b", 0), n}).error().where, "notices/1/wordings");
}

}  // namespace
}  // namespace machiya::bulletins
