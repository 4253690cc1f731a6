// Screens on both databases: what is on the air, what takes a screen and how it ends, and proofs of play that are kept once.
#include "tell/messages/definitions.h"
#include "tell/signage/playlist.h"
#include "tell/signage/signage.h"
#include "tell/testing/city_house.h"
#include "tell/testing/released.h"

namespace machiya::signage {
namespace {
namespace b = bulletins;
using tell::Campaign;
using tell::Class;
using tell::Draft;

std::string cap(const std::string& id, const std::string& type, const std::string& references, const std::string& status = "Actual", const std::string& response = "Evacuate", const std::string& expires = "2026-11-23T15:00:00+09:00",
                const std::string& area = "") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>" + id + "</identifier><sender>pref@example.jp</sender><sent>2026-11-23T12:00:00+09:00</sent><status>" + status +
         "</status><msgType>" + type + "</msgType><scope>Public</scope>" + (status == "Exercise" ? "<note>drill</note>" : "") + (references.empty() ? "" : "<references>" + references + "</references>") +
         "<info><language>ja-JP</language><category>Met</category><event>津波</event><responseType>" + response + "</responseType><urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed</certainty><expires>" + expires +
         "</expires><senderName>県</senderName><headline>津波警報 " + id + "</headline><description>高い所へ逃げてください。</description>" + area + "</info></alert>";
}
std::string reference(const std::string& id) { return "pref@example.jp," + id + ",2026-11-23T12:00:00+09:00"; }

class SignageTest : public tell::testing::CityHouse<FakeClock> {
 protected:
  SignageTest() : CityHouse(28, *parse_rfc3339("2026-11-23T12:00:00+09:00")) {
    for (const auto& list : {tell::Campaigns::migrations(), Signage::migrations()}) migrate(list);
    make_city();
    const auto city_now = [this] { return city; };
    const auto may = [this](const identity::Principal& who, std::string_view, std::string_view) { return who.name != "nobody"; };
    campaigns = std::make_unique<tell::Campaigns>(tell::CampaignParts{store(), *audiences, *ledger, *audit, *texts, clock, rng, city_now, "https://city.example", may, [] { return std::int64_t{1}; }, [this] { signage->changed(); }});
    signage = std::make_unique<Signage>(Parts{store(), *campaigns, *audit, clock, rng, city_now, may, [this](const Campaign& c) { return notice_of(c); }, [this](std::int64_t) { ++told; }});
    screen = make_screen(false);
  }

  void make_city() {
    tell::testing::bring_osaka(files, {"calendar.yaml", "05-tourism/field.yaml", "05-tourism/digital-signage/room.yaml", "01-life/field.yaml", "01-life/line-messages/room.yaml", "01-life/line-messages/audiences/osaka.yaml"});
    files.write("05-tourism/digital-signage/playlists/hours.yaml",
                "playlist: hours\nversion: 1\nname: 時間\nwhen: [ { from: \"09:00\", to: \"17:00\" } ]\nslides:\n  - { slide: one, title: { ja: 昼の案内, en: Daytime }, text: { ja: \"{開館|かいかん}しています。\", en: We are open. }, seconds: 7 }\n");
    load_city({tell::topics_kind(), playlist_kind()});
  }

  /// As app plugs it: the title says what kind it is.
  b::Notice notice_of(const Campaign& c) {
    b::Notice out;
    out.id = c.public_id, out.published = out.sent = c.released.value_or(c.changed);
    for (const auto& [lang, words] : c.draft.title.all()) out.wordings.push_back({lang, words, c.draft.body.in(lang), "", "", "大阪市"});
    if (c.draft.title.in("ja") == "解除") {
      b::Hazard hazard;
      hazard.categories = {b::Category::met}, hazard.responses = {b::Response::all_clear};
      out.hazard = hazard;
    }
    return out;
  }
  Screen make_screen(bool drills) {
    Settings s;
    s.name = "駅前", s.languages = {"en", "ja"}, s.playlists = {"hours"}, s.topics = {"disaster"}, s.drills = drills, s.ward = "kita", s.position = GeoPoint{34.70, 135.50};
    auto made = signage->create(s, writer, "r");
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    return *signage->find(*made, writer);
  }
  std::string release(const std::string& title, Class cls, bool drill = false, const std::string& follows = {}) {
    Draft draft;
    draft.title = city::Text({{"ja", title}, {"en", title + " (en)"}}), draft.body = city::Text({{"ja", "本文です。"}, {"en", "Text."}}), draft.drill = drill, draft.follows = follows;
    if (cls == Class::many) draft.topic = "disaster";
    return tell::testing::released(*campaigns, draft, cls, writer, other);
  }
  Moment now_on(const Screen& s) {
    auto air = signage->air();
    EXPECT_TRUE(air.ok()) << air.error().to_string();
    return moment(programme(s, **air, clock.now()), s.settings.drills, clock.now());
  }
  std::string title_on(const Screen& s) {
    const Moment m = now_on(s);
    return (m.drill ? "drill:" : m.alert ? "alert:" : "") + m.frame["title"][std::size_t{0}].text("text");
  }
  std::size_t frames_with(const Screen& s, const std::string& item) {
    const auto made = programme(s, **signage->air(), clock.now());
    const auto found = made.items.find(item);
    return found == made.items.end() ? 0 : found->second.size();
  }

  std::unique_ptr<tell::Campaigns> campaigns;
  std::unique_ptr<Signage> signage;
  identity::Principal writer = tell::testing::staff("writer", "crisis"), other = tell::testing::staff("other", "crisis"), nobody = tell::testing::staff("nobody", "");
  Screen screen;
  int told = 0;
};

TEST_P(SignageTest, slides_turn_by_the_hours_and_in_the_languages_of_the_screen) {
  EXPECT_EQ(now_on(screen).item, "hours/one");
  EXPECT_EQ(title_on(screen), "Daytime");
  EXPECT_EQ(now_on(screen).frame["seconds"].as_int(), 7);
  EXPECT_EQ(frames_with(screen, "hours/one"), 2u);
  clock.set(*parse_rfc3339("2026-11-23T17:00:00+09:00"));
  EXPECT_EQ(now_on(screen).item, "rest");
}

TEST_P(SignageTest, an_emergency_takes_the_screen_until_its_all_clear) {
  const int before = told;
  const std::string first = release("避難指示", Class::emergency);
  EXPECT_GT(told, before) << "players are told at once";
  EXPECT_EQ(title_on(screen), "alert:避難指示 (en)");
  const std::string second = release("避難指示その2", Class::emergency, false, first);
  EXPECT_EQ(title_on(screen), "alert:避難指示その2 (en)") << "an update takes the place of what it updates";
  EXPECT_EQ((*signage->air())->alerts.size(), 1u);
  const std::string clear = release("解除", Class::emergency, false, second);
  EXPECT_NE(title_on(screen).rfind("alert:", 0), 0u);
  EXPECT_EQ(frames_with(screen, "message/" + clear), 2u) << "the all-clear is told";
  clock.advance(Signage::kClear + kMinute);
  const auto made = programme(screen, **signage->air(), clock.now());
  for (const auto& stretch : made.line)
    if (stretch.until > clock.now()) {
      for (const std::string& id : stretch.ids) EXPECT_NE(id, "message/" + clear);
    }
}

TEST_P(SignageTest, an_emergency_ends_when_it_is_cancelled_taken_off_or_too_old) {
  const std::string one = release("一", Class::emergency);
  EXPECT_EQ(title_on(screen), "alert:一 (en)");
  ASSERT_TRUE(campaigns->cancel(one, {writer, "r"}).ok());
  EXPECT_EQ(title_on(screen), "Daytime");
  const std::string two = release("二", Class::emergency);
  EXPECT_FALSE(signage->end_alert("house/" + two, nobody, "r").ok());
  EXPECT_EQ(title_on(screen), "alert:二 (en)");
  ASSERT_TRUE(signage->end_alert("house/" + two, writer, "r").ok());
  EXPECT_EQ(title_on(screen), "Daytime");
  clock.advance(kSecond);
  release("二の続き", Class::emergency, false, two);
  EXPECT_EQ(title_on(screen), "alert:二の続き (en)") << "what comes later in the same row is news";
  clock.advance(Signage::kStanding);
  EXPECT_NE(title_on(screen).rfind("alert:", 0), 0u);
}

TEST_P(SignageTest, drills_are_shown_on_screens_for_drills_only_and_never_over_what_is_meant) {
  const Screen drilled = make_screen(true);
  release("訓練です", Class::emergency, true);
  EXPECT_EQ(title_on(screen), "Daytime");
  EXPECT_TRUE(programme(screen, **signage->air(), clock.now()).alerts.empty()) << "its player is not even told of it";
  EXPECT_EQ(title_on(drilled), "drill:訓練です (en)");
  EXPECT_EQ(now_on(drilled).frame["mark"][std::size_t{0}].text("text").empty(), false) << "every frame of a drill is marked";
  release("本番です", Class::emergency);
  clock.advance(kSecond);
  release("訓練その2", Class::emergency, true);
  EXPECT_EQ(title_on(drilled), "alert:本番です (en)");
}

TEST_P(SignageTest, messages_of_chosen_topics_turn_with_the_slides_for_a_while) {
  const std::string id = release("催し", Class::many);
  EXPECT_EQ(frames_with(screen, "message/" + id), 2u);
  Settings other_topics = screen.settings;
  other_topics.topics = {};
  ASSERT_TRUE(signage->change(screen.public_id, screen.revision, other_topics, writer, "r").ok());
  EXPECT_EQ(frames_with(*signage->find(screen.public_id, writer), "message/" + id), 0u);
}

TEST_P(SignageTest, outside_alerts_are_taken_once_and_end_by_cancel_or_time) {
  auto posted = signage->post_cap(cap("a1", "Alert", ""), "client-1", "r");
  ASSERT_TRUE(posted.ok()) << posted.error().to_string();
  EXPECT_TRUE(posted->takes_screens);
  EXPECT_FALSE(posted->known);
  EXPECT_TRUE(signage->post_cap(cap("a1", "Alert", ""), "client-1", "r")->known);
  EXPECT_EQ(title_on(screen), "alert:津波警報 a1");
  EXPECT_EQ((*signage->air())->alerts.size(), 1u);
  ASSERT_TRUE(signage->post_cap(cap("x9", "Cancel", reference("a1")), "client-2", "r").ok());
  EXPECT_EQ(title_on(screen), "alert:津波警報 a1") << "another client cannot end it";
  ASSERT_TRUE(signage->post_cap(cap("a2", "Update", reference("a1")), "client-1", "r").ok());
  EXPECT_EQ(title_on(screen), "alert:津波警報 a2");
  ASSERT_TRUE(signage->post_cap(cap("a3", "Cancel", reference("a2")), "client-1", "r").ok());
  EXPECT_EQ(title_on(screen), "Daytime");
  ASSERT_TRUE(signage->post_cap(cap("b1", "Alert", ""), "client-1", "r").ok());
  EXPECT_EQ(title_on(screen), "alert:津波警報 b1");
  clock.set(*parse_rfc3339("2026-11-23T15:00:00+09:00"));
  EXPECT_EQ(now_on(screen).item, "hours/one") << "it has expired";
  EXPECT_FALSE(signage->post_cap("<alert/>", "client-1", "r").ok());
}

TEST_P(SignageTest, outside_drills_stay_off_other_screens_and_areas_keep_alerts_where_they_belong) {
  ASSERT_TRUE(signage->post_cap(cap("e1", "Alert", "", "Exercise"), "client-1", "r").ok());
  EXPECT_EQ(title_on(screen), "Daytime");
  const auto area = [](const std::string& ring) { return "<area><areaDesc>x</areaDesc><polygon>" + ring + "</polygon></area>"; };
  ASSERT_TRUE(signage->post_cap(cap("far", "Alert", "", "Actual", "Evacuate", "2026-11-23T15:00:00+09:00", area("35.0,136.0 35.0,136.1 35.1,136.1 35.0,136.0")), "client-1", "r").ok());
  EXPECT_EQ(title_on(screen), "Daytime");
  ASSERT_TRUE(signage->post_cap(cap("near", "Alert", "", "Actual", "Evacuate", "2026-11-23T15:00:00+09:00", area("34.6,135.4 34.6,135.6 34.8,135.6 34.8,135.4 34.6,135.4")), "client-1", "r").ok());
  EXPECT_EQ(title_on(screen), "alert:津波警報 near");
}

TEST_P(SignageTest, proofs_of_play_are_kept_once_whatever_is_sent_again) {
  const Instant t = clock.now();
  const std::vector<Play> batch = {{1, t, "hours/one", "ja", 7000}, {2, t, "hours/one", "en", 7000}, {3, t, "hours/one", "en", 6000}};
  auto taken = signage->record(screen, "p1", batch);
  ASSERT_TRUE(taken.ok()) << taken.error().to_string();
  EXPECT_EQ(taken->stored, 3);
  EXPECT_EQ(taken->through, 3);
  taken = signage->record(screen, "p1", batch);
  EXPECT_EQ(taken->stored, 0);
  EXPECT_EQ(taken->known, 3);
  EXPECT_EQ(signage->record(screen, "p2", {batch[0]})->stored, 1) << "another installation counts from one again";
  const auto bad = signage->record(screen, "p1", {{4, Instant{t.us + kDay}, "x", "ja", 1}, {0, t, "x", "ja", 1}, {5, t, "x", "klingon", 1}, {6, t, "x", "ja", -1}});
  EXPECT_EQ(bad->refused, 4);
  EXPECT_EQ(bad->through, 5 + 1) << "what can never be kept is not sent for ever";
  const auto lines = signage->report(screen, Instant{t.us - kDay}, Instant{t.us + kDay});
  ASSERT_EQ(lines->size(), 2u);
  EXPECT_EQ((*lines)[0].lang, "en");
  EXPECT_EQ((*lines)[0].times, 2);
  EXPECT_EQ((*lines)[0].shown_ms, 13000);
  EXPECT_EQ((*lines)[1].times, 2);
}

TEST_P(SignageTest, a_replaced_token_and_a_retired_screen_show_nothing) {
  ASSERT_TRUE(signage->by_token(screen.token).ok());
  ASSERT_TRUE(signage->replace_token(screen.public_id, writer, "r").ok());
  EXPECT_EQ(signage->by_token(screen.token).error().code, ErrorCode::not_found);
  const Screen after = *signage->find(screen.public_id, writer);
  ASSERT_TRUE(signage->by_token(after.token).ok());
  EXPECT_EQ(signage->change(screen.public_id, screen.revision, screen.settings, writer, "r").error().code, ErrorCode::conflict);
  EXPECT_EQ(signage->retire(screen.public_id, nobody, "r").error().code, ErrorCode::forbidden);
  ASSERT_TRUE(signage->retire(screen.public_id, writer, "r").ok());
  EXPECT_EQ(signage->by_token(after.token).error().code, ErrorCode::not_found);
}

TEST_P(SignageTest, another_process_hears_of_a_change) {
  std::mutex mutex;
  std::condition_variable heard;
  int changes = 0;
  Signage second(Parts{store(), *campaigns, *audit, clock, rng, [this] { return city; }, [](const identity::Principal&, std::string_view, std::string_view) { return true; }, [this](const Campaign& c) { return notice_of(c); }, [&](std::int64_t) {
                        std::lock_guard lock(mutex);
                        ++changes, heard.notify_all();
                      }});
  ASSERT_TRUE(second.air().ok());
  second.start();
  for (int i = 0; i < 20 && changes == 0; ++i) {   // the first look of the watcher has nothing to compare with
    release("知らせ" + std::to_string(i), Class::emergency);
    std::unique_lock lock(mutex);
    heard.wait_for(lock, std::chrono::seconds(2), [&] { return changes > 0; });
  }
  second.stop();
  EXPECT_GT(changes, 0);
  const auto air = second.air();
  ASSERT_FALSE((*air)->alerts.empty());
}

TEST_P(SignageTest, the_feed_keeps_its_tag_while_nothing_changes) {
  const auto tag = [&] { return etag_of(feed(screen, programme(screen, **signage->air(), clock.now()), clock.now())); };
  const std::string before = tag();
  clock.advance(10 * kMinute);
  EXPECT_EQ(tag(), before);
  release("変化", Class::emergency);
  EXPECT_NE(tag(), before);
}

MACHIYA_ON_BOTH_ENGINES(SignageTest);

}  // namespace
}  // namespace machiya::signage
