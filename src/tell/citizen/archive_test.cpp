// The archive, its feeds, CAP and the front page's emergencies, on both databases.
#include "tell/bulletins/read_cap.h"
#include "tell/citizen/testing.h"

namespace machiya::tell {
namespace {
using testing::has;

struct ArchiveTest : testing::CitizenTest {
  std::string alerts(const char* lang = "ja") {
    const auto html = citizen_pages->alerts(http::testing::request(http::Method::get, "/", lang));
    return html ? html->html : "";
  }
};
MACHIYA_ON_BOTH_ENGINES(ArchiveTest);

TEST_P(ArchiveTest, released_messages_are_read_by_everybody_and_nothing_else) {
  const std::string fire = release(draft("火の用心", "fire")), sports = release(draft("市民体育祭", "sports"));
  Draft rehearsal = draft("訓練の案内");
  rehearsal.drill = true;
  const std::string drill = release(rehearsal);
  const identity::Principal a = clerk("a");
  const auto unreleased = campaigns->create(draft("まだ書きかけ"), Class::many, {a, "r"});
  const std::string withdrawn = release(draft("取りやめ"));
  ASSERT_TRUE(campaigns->cancel(withdrawn, {a, "r"}).ok());
  clock.advance(3 * kSecond);
  identity::Browser visitor(*router);
  const auto list = visitor.get("/messages");
  EXPECT_LT(list.body.find("市民体育祭"), list.body.find("火の用心")) << "newest first";
  for (const char* hidden : {"訓練の案内", "まだ書きかけ", "取りやめ"}) EXPECT_FALSE(has(list, hidden)) << hidden;
  const auto filtered = visitor.get("/messages?topic=fire");
  EXPECT_TRUE(has(filtered, "火の用心"));
  EXPECT_FALSE(has(filtered, "市民体育祭"));
  EXPECT_EQ(visitor.get("/messages?topic=nosuch").status, 404);
  EXPECT_EQ(visitor.get("/messages/" + sports).status, 200);
  for (const std::string& id : {drill, *unreleased, withdrawn, std::string("nosuch")}) EXPECT_EQ(visitor.get("/messages/" + id).status, 404) << id;
}

TEST_P(ArchiveTest, a_message_is_read_in_ones_language_or_the_next_of_its_chain) {
  const std::string id = release(draft("火の用心", "fire"));
  identity::Browser visitor(*router);
  const auto ja = visitor.get("/messages/" + id + "?lang=ja");
  EXPECT_TRUE(has(ja, "<p>一段目<br>二行目</p>")) << ja.body;
  EXPECT_FALSE(has(ja, "translation-note"));
  const auto vi = visitor.get("/messages/" + id + "?lang=vi");
  EXPECT_TRUE(has(vi, "<h1 lang=\"en\">火の用心 (en)</h1>"));
  EXPECT_TRUE(has(vi, "English"));
  const std::string alert = release(emergency(), Class::emergency);
  EXPECT_TRUE(has(visitor.get("/messages/" + alert + "?lang=ja-easy"), "<rt>に</rt>")) << visitor.get("/messages/" + alert + "?lang=ja-easy").body;
  EXPECT_TRUE(has(visitor.get("/messages/" + alert + "?lang=en"), "[Level 4] Evacuation Order"));
}

TEST_P(ArchiveTest, updates_lead_to_each_other) {
  const std::string first = release(emergency(), Class::emergency);
  Draft update = emergency("evacuation-lifted");
  update.follows = first;
  const std::string second = release(update, Class::emergency);
  identity::Browser visitor(*router);
  const auto earlier = visitor.get("/messages/" + first), later = visitor.get("/messages/" + second);
  EXPECT_TRUE(has(earlier, "新しいお知らせがあります"));
  EXPECT_TRUE(has(earlier, "/messages/" + second));
  EXPECT_TRUE(has(later, "前のお知らせ"));
  EXPECT_TRUE(has(later, "/messages/" + first));
  EXPECT_FALSE(has(later, "新しいお知らせがあります"));
}

TEST_P(ArchiveTest, feeds_hold_one_entry_for_each_row_of_updates) {
  const std::string plain = release(draft("<火>の用心 & 水", "fire")), first = release(emergency(), Class::emergency);
  Draft update = emergency("evacuation-lifted");
  update.follows = first;
  const std::string second = release(update, Class::emergency);
  identity::Browser visitor(*router);
  const auto atom = visitor.get("/messages.atom");
  EXPECT_EQ(identity::header_of(atom, "content-type"), "application/atom+xml; charset=utf-8");
  EXPECT_TRUE(has(atom, "tag:city.example,2026:message/" + first + "<")) << atom.body;
  EXPECT_FALSE(has(atom, "tag:city.example,2026:message/" + second + "<"));
  EXPECT_TRUE(has(atom, "https://city.example/messages/" + second + ".cap"));
  EXPECT_TRUE(has(atom, "&lt;火&gt;の用心 &amp; 水"));
  EXPECT_TRUE(has(visitor.get("/messages.rss"), "<rss"));
  const auto topic = visitor.get("/messages/topics/fire.atom");
  EXPECT_TRUE(has(topic, plain));
  EXPECT_FALSE(has(topic, first));
  EXPECT_EQ(visitor.get("/messages/topics/fire.pdf").status, 404);
  EXPECT_EQ(visitor.get("/messages/topics/nosuch.atom").status, 404);
}

TEST_P(ArchiveTest, an_emergency_is_a_cap_alert_and_its_all_clear_refers_to_it) {
  const std::string first = release(emergency(), Class::emergency), plain = release(draft("火の用心"));
  Draft update = emergency("evacuation-lifted");
  update.follows = first;
  const std::string second = release(update, Class::emergency);
  identity::Browser visitor(*router);
  const auto answer = visitor.get("/messages/" + first + ".cap");
  EXPECT_EQ(identity::header_of(answer, "content-type"), "application/cap+xml; charset=utf-8");
  const auto alert = bulletins::read_cap(answer.body);
  ASSERT_TRUE(alert.ok()) << alert.error().to_string() << answer.body;
  EXPECT_EQ(alert->sender, "city.example");
  EXPECT_EQ(alert->identifier, first);
  EXPECT_EQ(alert->message_type, "Alert");
  ASSERT_EQ(alert->infos.size(), 6u);
  EXPECT_EQ(alert->infos[0].event, "避難指示");
  EXPECT_EQ(alert->infos[0].headline, "【警戒レベル４】避難指示");
  EXPECT_EQ(alert->infos[0].severity, bulletins::Severity::severe);
  ASSERT_EQ(alert->infos[0].areas.size(), 1u);
  EXPECT_EQ(alert->infos[0].areas[0].geocodes, (std::vector<std::pair<std::string, std::string>>{{std::string(bulletins::kJisMunicipality), "27127"}}));
  const auto clear = bulletins::read_cap(visitor.get("/messages/" + second + ".cap").body);
  ASSERT_TRUE(clear.ok()) << clear.error().to_string();
  EXPECT_EQ(clear->message_type, "Update");
  ASSERT_EQ(clear->references.size(), 1u);
  EXPECT_EQ(clear->references[0].id, first);
  EXPECT_EQ(clear->references[0].sent, alert->sent);
  EXPECT_EQ(clear->infos[0].responses.front(), bulletins::Response::all_clear);
  EXPECT_EQ(visitor.get("/messages/" + plain + ".cap").status, 404);
}

TEST_P(ArchiveTest, an_emergency_stands_on_the_front_page_until_it_is_ended) {
  release(draft("火の用心"));
  EXPECT_EQ(alerts(), "");
  const std::string first = release(emergency(), Class::emergency);
  EXPECT_NE(alerts().find("/messages/" + first), std::string::npos);
  EXPECT_NE(alerts("ko").find("lang=\"ko\">[경계 레벨 4]"), std::string::npos) << alerts("ko");
  Draft update = emergency("evacuation-lifted");
  update.follows = first;
  const std::string second = release(update, Class::emergency);
  EXPECT_EQ(alerts().find(first), std::string::npos);
  EXPECT_NE(alerts().find(second), std::string::npos);
  EXPECT_NE(alerts().find("解除"), std::string::npos);
  clock.advance(Archive::kClear + kMinute);
  EXPECT_EQ(alerts(), "");
  release(emergency(), Class::emergency);
  EXPECT_NE(alerts(), "");
  clock.advance(Archive::kStanding + kMinute);
  EXPECT_EQ(alerts(), "");
}

}  // namespace
}  // namespace machiya::tell
