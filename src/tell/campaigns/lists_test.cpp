// Values of each recipient's own, on both databases: a table read, attached, judged, sent to each person with their own words, and removed.
#include "tell/campaigns/lists.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "platform/tables/table_file.h"
#include "tell/campaigns/campaigns.h"
#include "tell/campaigns/lengths.h"
#include "tell/sending/sender.h"
#include "tell/testing/city_house.h"

namespace machiya::tell {
namespace {
using ::testing::ElementsAre;
using ::testing::Pair;

ListTable read(std::string_view text) {
  const auto source = tables::memory_source(text);
  auto out = read_list(*source);
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return out.ok() ? std::move(*out) : ListTable();
}
std::string refused(std::string_view text) {
  const auto source = tables::memory_source(text);
  const auto out = read_list(*source);
  return out.ok() ? "taken" : out.error().detail;
}
std::vector<std::string> faults(const ListTable& table) {
  std::vector<std::string> out;
  for (const ListFault& f : table.faults) out.push_back(std::to_string(f.line) + " " + f.column + " " + f.what);
  return out;
}

TEST(list_reader, utf_8_with_or_without_mark_and_shift_jis_are_read_alike) {
  const std::string plain = "メールアドレス,期限,金額\na@x.example,8月1日,\"1,200円\"\n";
  // The same in CP932.
  const std::string sjis = "\x83\x81\x81\x5B\x83\x8B\x83\x41\x83\x68\x83\x8C\x83\x58,\x8A\xFA\x8C\xC0,\x8B\xE0\x8A\x7A\na@x.example,8\x8C\x8E" "1\x93\xFA,\"1,200\x89\x7E\"\n";
  for (const std::string& text : {plain, "\xEF\xBB\xBF" + plain, sjis}) {
    const ListTable table = read(text);
    EXPECT_EQ(table.named_by, NamedBy::mail);
    EXPECT_THAT(table.columns, ElementsAre("期限", "金額"));
    ASSERT_EQ(table.rows.size(), 1u);
    EXPECT_EQ(table.rows[0].who, "a@x.example");
    EXPECT_THAT(table.rows[0].values, ElementsAre("8月1日", "1,200円"));
    EXPECT_TRUE(table.faults.empty());
  }
}

TEST(list_reader, what_is_wrong_is_named_by_line_and_column) {
  EXPECT_THAT(faults(read("number,due\nA-1,x\n,y\nA-3,x,more\nA-4,\"two\nlines\"\nA-5," + std::string(501, 'x') + "\n")),
              ElementsAre("3 number nobody", "4 3 cells", "5 due control", "6 due too-long"));
  EXPECT_THAT(faults(read("number,due,due,{x},city\nA-1,1\n")), ElementsAre("1 due name-twice", "1 4 name", "1 5 name"));
  EXPECT_TRUE(read("number,due\nA-1," + std::string(500, 'x') + "\n").faults.empty());
  EXPECT_EQ(refused("due\nx\n"), "no-who");
  EXPECT_EQ(refused("number,mail,due\nA-1,a@x.example,x\n"), "no-who");
  EXPECT_EQ(refused("number\nA-1\n"), "no-columns");
  EXPECT_EQ(refused("number,due\n"), "no-rows");
}

TEST(list_reader, its_bounds_hold) {
  std::string most = "number,due\n";
  for (std::size_t i = 0; i < kMostListRows; ++i) most += "A,1\n";
  EXPECT_EQ(read(most).rows.size(), kMostListRows);
  EXPECT_EQ(refused(most + "A,1\n"), "rows");
  std::string wide = "number";
  for (std::size_t i = 0; i <= kMostListColumns; ++i) wide += ",c" + std::to_string(i);
  EXPECT_EQ(refused(wide + "\nA,1\n"), "columns");
}

TEST(lengths, each_channel_is_measured_in_its_own_way) {
  const auto parts = [](const char* adapter, const Content& content, int title = 0, int body = 0, int brief = 0) {
    ChannelDefinition channel;
    channel.id = channel.adapter = adapter, channel.most_title = title, channel.most_body = body, channel.most_short = brief;
    std::vector<std::string> out;
    for (const TooLong& one : too_long(channel, content)) out.push_back(one.part + " " + std::to_string(one.have) + "/" + std::to_string(one.most));
    return out;
  };
  Content content;
  content.lang = "ja", content.title = "題名です", content.body = "本文";
  EXPECT_THAT(parts("mail", content, 4), ElementsAre());
  EXPECT_THAT(parts("mail", content, 3), ElementsAre("title 4/3"));
  EXPECT_THAT(parts("sms", content, 0, 0, 3), ElementsAre("title 4/3"));     // without a short text the title goes
  content.short_text = "短い文";
  EXPECT_THAT(parts("sms", content, 0, 0, 3), ElementsAre());
  for (int i = 0; i < 3001; ++i) content.body += "あ";
  EXPECT_THAT(parts("line", content), ElementsAre("body 3003/3000"));
  EXPECT_EQ(parts("push", content).size(), 1u);
  EXPECT_THAT(parts("push", content, 0, 1000), ElementsAre("body 3003/1000"));
  content.short_text.assign(661, 'x');
  EXPECT_THAT(parts("sms", content), ElementsAre("short 661/660"));
}

/// Takes everything, and remembers who got which words.
class ReadingChannel final : public Channel {
 public:
  explicit ReadingChannel(bool loses = false) : loses_(loses) {}
  HandOff hand_off(const Parcel& parcel) override {
    std::lock_guard lock(mutex_);
    most_seen_ = std::max(most_seen_, parcel.to.size());
    const bool lost = loses_ && lost_.insert(parcel.key).second;   // taken, but nobody hears of it
    for (const Addressee& to : parcel.to) {
      const Content& content = to.own ? *to.own : *parcel.content;
      said_[to.address].insert(content.title + "|" + content.body + "|" + content.link);
    }
    return whole(parcel, lost ? Fate::unknown : Fate::accepted, lost ? "lost" : "");
  }
  int most() const override { return 500; }
  int cost(const Parcel&) const override { return 1; }
  bool idempotent() const override { return true; }
  /// Address → everything that was ever said to it.
  std::map<std::string, std::set<std::string>> said() const { std::lock_guard lock(mutex_); return said_; }
  std::size_t most_seen() const { std::lock_guard lock(mutex_); return most_seen_; }

 private:
  mutable std::mutex mutex_;
  const bool loses_;
  std::set<std::string> lost_;
  std::map<std::string, std::set<std::string>> said_;
  std::size_t most_seen_ = 0;
};

class ListsTest : public testing::CityHouse<SystemClock> {
 protected:
  ListsTest() : CityHouse(5) {
    const std::string room = "01-life/line-messages/";
    testing::bring_osaka(files, {"01-life/field.yaml", room + "room.yaml", room + "channels", room + "audiences", room + "messages"});
    load_city({topics_kind(), segment_kind(), channel_kind(), message_kind()});
    migrate(Campaigns::migrations());
    campaigns = make(clock);
    culture = topic("fire");   // without quiet hours
  }
  std::unique_ptr<Campaigns> make(const Clock& time) {
    CampaignParts parts{store(), *audiences, *ledger, *audit, *texts, time, rng, [this] { return city; }, "https://city.example",
                        [](const identity::Principal&, std::string_view, std::string_view) { return true; }, [this] { return (std::int64_t{1} << line) | (std::int64_t{1} << mail); }, [] {}};
    parts.vault = vault.get();
    auto out = std::make_unique<Campaigns>(std::move(parts));
    out->use_applicants([this](store::ReadTx&, const identity::Principal& who, const std::vector<std::string>& numbers) -> Result<std::vector<std::int64_t>> {
      std::vector<std::int64_t> persons;
      for (const std::string& number : numbers) persons.push_back(who.name == "author" && cases.contains(number) ? cases.at(number) : 0);
      return persons;
    });
    return out;
  }
  Draft draft(const char* body = "{name}さん、期限は{due}です。") {
    Draft out;
    out.title = city::Text(json::Value("お知らせ")), out.body = city::Text(json::Value(body)), out.topic = "fire";
    return out;
  }
  std::string created(const Draft& d) { return *campaigns->create(d, Class::many, {author, "r"}); }
  Campaign found(const std::string& id) { return *campaigns->find(id, {author, "r"}); }
  Result<Campaigns::Attached> attach(const std::string& id, std::string_view text) { return campaigns->attach(id, read(text), {author, "r"}); }
  DryRun judged(const std::string& id) {
    auto run = campaigns->dry_run(found(id));
    EXPECT_TRUE(run.ok()) << run.error().to_string();
    return run.ok() ? *run : DryRun();
  }
  std::vector<std::string> findings(const std::string& id) {
    std::vector<std::string> out;
    const DryRun run = judged(id);
    for (const ListFinding& f : run.first) out.push_back(std::to_string(f.line) + " " + std::to_string(static_cast<int>(f.what)) + " " + f.column + f.channel + " " + f.lang + f.part + " " + f.detail);
    return out;
  }
  void release(const std::string& id) {
    auto in = campaigns->submit(id, {author, "r"});
    ASSERT_TRUE(in.ok()) << in.error().to_string();
    auto out = campaigns->release(id, {second, "r"});
    ASSERT_TRUE(out.ok()) << out.error().to_string();
  }
  void send(const std::string& id, Channel& to_line, Channel& to_mail) {
    SenderOptions options;
    options.first_retry_ms = 1;
    options.values = [this](store::ReadTx& tx, const std::string& message, const std::string& lang, const std::vector<std::int64_t>& who) { return campaigns->own_values(tx, message, lang, who); };
    options.changed = [this](std::int64_t) { changes_.notify_all(); };
    Sender sender(store(), *ledger, *audiences, clock, rng, options);
    sender.add({"line", line, &to_line, 0, 2, 10});
    sender.add({"mail", mail, &to_mail, 0, 2, 10});
    sender.start();
    sender.wake();
    const std::int64_t message = found(id).message;
    for (int i = 0; i < 600 && state_of(message) != MessageState::done; ++i) {   // the limit only ends a test that would hang
      std::unique_lock lock(mutex_);
      changes_.wait_for(lock, std::chrono::milliseconds(50));
    }
    ASSERT_EQ(state_of(message), MessageState::done);
  }
  std::int64_t parts() { return (*store().read([](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM campaign_list_part"); }))->integer(0); }
  std::vector<std::string> history(const std::string& id) {
    std::vector<std::string> out;
    const auto events = campaigns->history(found(id));
    for (const CampaignEvent& event : *events) out.push_back(event.what + (event.note.empty() ? "" : " " + event.note));
    return out;
  }

  std::unique_ptr<Campaigns> campaigns;
  std::map<std::string, std::int64_t> cases;
  std::int64_t culture = 0;
  identity::Principal author = testing::staff("author", "policy-planning"), second = testing::staff("second", "policy-planning");
  std::mutex mutex_;
  std::condition_variable changes_;
};
MACHIYA_ON_BOTH_ENGINES(ListsTest);

TEST_P(ListsTest, everyone_gets_their_own_words_in_each_of_their_channels_and_nobody_else_gets_any) {
  const auto a = subscribe(mail, "a@x.example", culture);
  subscribe(line, "Ua", culture, 0, a);
  subscribe(mail, "b@x.example", culture, 2);   // English: no text of its own, Japanese stands in
  subscribe(mail, "c@x.example", culture);      // not in the table
  const auto d = subscribe(mail, "d@x.example", 0);   // never chose the topic
  (void)d;
  const std::string id = created(draft());
  ASSERT_TRUE(attach(id, "mail,name,due\nA@X.example,花子,8月1日\nb@x.example,{due},{own:due}\nd@x.example,誰か,9月\n").ok());
  release(id);
  ReadingChannel to_line, to_mail;
  send(id, to_line, to_mail);
  EXPECT_THAT(to_line.said(), ElementsAre(Pair("Ua", ElementsAre("お知らせ|花子さん、期限は8月1日です。|"))));
  EXPECT_THAT(to_mail.said(), ElementsAre(Pair("a@x.example", ElementsAre("お知らせ|花子さん、期限は8月1日です。|")),
                                          Pair("b@x.example", ElementsAre("お知らせ|{due}さん、期限は{own:due}です。|"))));   // values are words, not places
  expect_replay(found(id).message, 3);
  EXPECT_FALSE((*campaigns->published_one(id)).has_value());   // nobody else reads what is one person's own
  EXPECT_TRUE(campaigns->published(10)->empty());
}

TEST_P(ListsTest, a_lost_answer_says_the_same_words_again_under_the_same_key) {
  std::string table = "mail,name,due\n";
  for (int i = 0; i < 90; ++i) {
    const std::string address = "p" + std::to_string(i) + "@x.example";
    subscribe(mail, address, culture);
    table += address + ",n" + std::to_string(i) + ",d" + std::to_string(i) + "\n";
  }
  const std::string id = created(draft());
  ASSERT_TRUE(attach(id, table).ok());
  release(id);
  ReadingChannel to_line, to_mail(true);
  send(id, to_line, to_mail);
  const auto said = to_mail.said();
  EXPECT_EQ(said.size(), 90u);
  for (int i = 0; i < 90; ++i) EXPECT_THAT(said.at("p" + std::to_string(i) + "@x.example"), ElementsAre("お知らせ|n" + std::to_string(i) + "さん、期限はd" + std::to_string(i) + "です。|"));
  EXPECT_LE(to_mail.most_seen(), static_cast<std::size_t>(Ledger::kMostOwn));
  EXPECT_EQ(count(found(id).message, RowState::taken), 90);
}

TEST_P(ListsTest, what_keeps_a_line_from_being_sent_is_found_and_blocks_until_it_is_left_out) {
  const auto a = subscribe(mail, "a@x.example", culture);
  subscribe(line, "Ua", culture, 0, a);
  subscribe(mail, "b@x.example", culture), subscribe(mail, "c@x.example", 0);
  Draft d = draft();
  d.title = city::Text(json::Value("{due}のお知らせ"));
  const std::string id = created(d);
  std::string wide;
  for (int i = 0; i < 40; ++i) wide += "長";
  const std::string table = "mail,name,due,unused\na@x.example,花子," + wide + ",\nb@x.example,,8月,\nnobody@x.example,誰,8月,\nc@x.example,次郎,8月,\nC@x.example,次郎,8月,\n";
  EXPECT_EQ(attach(id, table)->found, 3);
  // In the order of lines; LINE takes 40 characters of a title, mail 60. An unused column may be empty, and whose topic it is does not matter.
  EXPECT_THAT(findings(id), ElementsAre("2 3 line jatitle 45/40", "3 2 name  ", "4 0   ", "6 1   5"));
  DryRun run = judged(id);
  EXPECT_THAT((std::vector<std::int64_t>{run.rows, run.people, run.left_out, std::ssize(run.faulty)}), ElementsAre(5, 1, 0, 4));
  EXPECT_EQ(campaigns->submit(id, {author, "r"}).error().where, "list");
  EXPECT_EQ(*campaigns->leave_out(id, {author, "r"}), 4);
  run = judged(id);
  EXPECT_THAT((std::vector<std::int64_t>{run.people, run.left_out, std::ssize(run.faulty)}), ElementsAre(1, 4, 0));
  EXPECT_THAT(history(id), ElementsAre("create", "attach 3/5", "leave_out 4"));
  // Texts that change afterwards are judged anew.
  d.body = city::Text(json::Value("{unused}"));
  ASSERT_TRUE(campaigns->change(id, found(id).revision, d, {author, "r"}).ok());
  EXPECT_THAT(findings(id), ElementsAre("5 2 unused  "));
  EXPECT_EQ(campaigns->submit(id, {author, "r"}).error().where, "list");
}

TEST_P(ListsTest, a_case_names_its_person_only_to_who_may_read_it) {
  const auto person = store().write([&](store::Tx& tx) { return audiences->recipient_of(tx, 7, 0); });
  subscribe(mail, "hanako@x.example", culture, 0, *person);
  cases = {{"A-1", 7}, {"A-2", 8}};
  const std::string id = created(draft());
  EXPECT_EQ(attach(id, "受付番号,name,due\nA-1,花子,8月\nA-2,誰,8月\nA-9,誰,8月\n")->found, 1);
  EXPECT_EQ(campaigns->attach(id, read("number,name,due\nA-1,花子,8月\n"), {second, "r"})->found, 0);
}

TEST_P(ListsTest, values_are_sealed_and_gone_after_the_end) {
  subscribe(mail, "a@x.example", culture);
  const std::string id = created(draft());
  ASSERT_TRUE(attach(id, "mail,name,due\na@x.example,ひみつ花子,8月1日\n").ok());
  const auto sealed = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT sealed FROM campaign_list_part"); });
  EXPECT_EQ((*sealed)->text(0).find("ひみつ"), std::string::npos);
  EXPECT_EQ((*sealed)->text(0).find("x.example"), std::string::npos);
  // Another table in its stead: the first one's rows are gone.
  ASSERT_TRUE(attach(id, "mail,name,due\na@x.example,花子,8月1日\n").ok());
  EXPECT_EQ(parts(), 1);
  EXPECT_EQ(*campaigns->tend_lists(), 0);
  release(id);
  EXPECT_EQ(*campaigns->tend_lists(), 0);   // it is still wanted
  ReadingChannel to_line, to_mail;
  send(id, to_line, to_mail);
  EXPECT_EQ(*campaigns->tend_lists(), 1);
  EXPECT_EQ(parts(), 0);
  EXPECT_EQ(campaigns->dry_run(found(id)).error().code, ErrorCode::not_found);
}

TEST_P(ListsTest, a_draft_that_nobody_touches_loses_its_table_and_cannot_be_handed_in) {
  subscribe(mail, "a@x.example", culture);
  const std::string id = created(draft());
  ASSERT_TRUE(attach(id, "mail,name,due\na@x.example,花子,8月1日\n").ok());
  FakeClock later{Instant{clock.now().us + (Campaigns::kListDays + 1) * kDay}};
  EXPECT_EQ(*make(later)->tend_lists(), 1);
  EXPECT_EQ(parts(), 0);
  EXPECT_EQ(campaigns->submit(id, {author, "r"}).error().where, "list");
}

TEST_P(ListsTest, a_dropped_or_cancelled_message_loses_its_table) {
  subscribe(mail, "a@x.example", culture);
  const std::string id = created(draft()), other = created(draft());
  for (const auto& one : {id, other}) ASSERT_TRUE(attach(one, "mail,name,due\na@x.example,花子,8月1日\n").ok());
  ASSERT_TRUE(campaigns->cancel(id, {author, "r"}).ok());
  EXPECT_EQ(*campaigns->tend_lists(), 1);
  ASSERT_TRUE(campaigns->detach(other, {author, "r"}).ok());
  EXPECT_EQ(parts(), 0);
  EXPECT_EQ(campaigns->submit(other, {author, "r"}).error().where, "body");   // nothing to put in
}

TEST_P(ListsTest, without_its_values_nothing_is_sent) {
  subscribe(mail, "a@x.example", culture), subscribe(mail, "b@x.example", culture);
  const std::string id = created(draft());
  ASSERT_TRUE(attach(id, "mail,name,due\na@x.example,花子,8月1日\nb@x.example,次郎,8月1日\n").ok());
  release(id);
  // The planted loss: rows of the table that are not there.
  ASSERT_TRUE(store().write([](store::Tx& tx) { return tx.execute("DELETE FROM campaign_list_part"); }).ok());
  ReadingChannel to_line, to_mail;
  send(id, to_line, to_mail);
  EXPECT_TRUE(to_mail.said().empty());
  EXPECT_EQ(count(found(id).message, RowState::refused), 2);
}

TEST_P(ListsTest, a_long_table_is_placed_piece_by_piece_and_gone_on_with_by_another_process) {
  std::string table = "mail,name,due\n";
  for (std::size_t i = 0; i < 2 * Ledger::kInOneGo + 7; ++i) table += "p" + std::to_string(i) + "@x.example,n,d\n";
  ASSERT_TRUE(store().write([&](store::Tx& tx) -> Result<void> {
    for (std::size_t i = 0; i < 2 * Ledger::kInOneGo + 7; ++i) {
      const std::string address = "p" + std::to_string(i) + "@x.example";
      auto made = audiences->subscribe(tx, 0, mail, address, culture, 0, "person");
      if (!made.ok()) return made.error();
    }
    return {};
  }).ok());
  const std::string id = created(draft());
  EXPECT_EQ(attach(id, table)->found, static_cast<std::int64_t>(2 * Ledger::kInOneGo + 7));
  release(id);
  const std::int64_t message = found(id).message;
  // As if the process had died behind its first piece.
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return tx.execute("UPDATE tell_message SET state = 0 WHERE id = :id", {{"id", message}}); }).ok());
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return tx.execute("DELETE FROM tell_message_recipient WHERE message = :id AND recipient > 2000", {{"id", message}}); }).ok());
  EXPECT_EQ(*campaigns->tend_lists(), 0);
  EXPECT_EQ(state_of(message), MessageState::placing);   // somebody may be at it
  FakeClock later{Instant{clock.now().us + 11 * kMinute}};
  EXPECT_EQ(*make(later)->tend_lists(), 0);
  EXPECT_EQ(state_of(message), MessageState::expanding);
  expand_all();
  EXPECT_EQ(count(message, RowState::open), static_cast<std::int64_t>(2 * Ledger::kInOneGo + 7));
}

TEST_P(ListsTest, who_attached_it_does_not_release_it_and_an_emergency_takes_none) {
  subscribe(mail, "a@x.example", culture);
  const std::string id = created(draft());
  ASSERT_TRUE(campaigns->attach(id, read("mail,name,due\na@x.example,花子,8月1日\n"), {second, "r"}).ok());
  ASSERT_TRUE(campaigns->submit(id, {author, "r"}).ok());
  EXPECT_EQ(campaigns->release(id, {second, "r"}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(attach(id, "mail,name,due\na@x.example,花子,8月1日\n").error().code, ErrorCode::conflict);   // handed in
  Draft urgent = draft();
  urgent.topic = "";
  const std::string emergency = *campaigns->create(urgent, Class::emergency, {author, "r"});
  EXPECT_EQ(attach(emergency, "mail,name,due\na@x.example,花子,8月1日\n").error().where, "list");
  Draft narrow = draft();
  narrow.segment = "kita-ward";
  EXPECT_EQ(attach(created(narrow), "mail,name,due\na@x.example,花子,8月1日\n").error().where, "segment");
}

}  // namespace
}  // namespace machiya::tell
