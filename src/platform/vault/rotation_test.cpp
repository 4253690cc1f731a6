// Exchange of the master key: everything opens meanwhile and afterwards, and nothing opens with the old key in the end.
#include "platform/vault/rotation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "platform/store/testing.h"
#include "platform/vault/aead.h"
#include "platform/vault/key_set.h"

namespace machiya::vault {
namespace {

constexpr std::string_view kContext = "thing/text";
constexpr std::string_view kSecretContext = "thing/secret";
const SecretColumn kSecrets{"thing", "id", true, "secret", kSecretContext};

struct RotationTest : store::testing::StoreTest {
  FakeClock clock{Instant{1'800'000'000'000'000}};
  std::string file = folder() + "/master.key";
  std::unique_ptr<Vault> vault;

  void SetUp() override {
    migrate(Vault::migrations());
    migrate({{"thing", 1, "thing", "CREATE TABLE thing (id ID, data_key INT NOT NULL, sealed BYTES NOT NULL, secret TEXT NOT NULL, digest TEXT NOT NULL)", ""}});
    vault = bound(file);
  }
  std::unique_ptr<Vault> bound(const std::string& path) {
    auto opened = Vault::open(path, true);
    EXPECT_TRUE(opened.ok()) << opened.error().to_string();
    const auto state = (*opened)->bind_to(store());
    EXPECT_TRUE(state.ok()) << state.error().to_string();
    return std::move(*opened);
  }
  static std::string text_of(std::int64_t n) { return "秘密 " + std::to_string(n); }

  Result<void> add_in(store::Tx& tx, Vault& v, std::int64_t n) {
    MACHIYA_TRY(const auto key, v.create_key(tx));
    MACHIYA_TRY(auto sealed, v.seal(tx, key, kContext, text_of(n)));
    return tx.insert("thing", "INSERT INTO thing (id, data_key, sealed, secret, digest) VALUES (:id, :key, :sealed, :secret, :digest)",
                     {{"key", key}, {"sealed", store::Bytes{std::move(sealed)}}, {"secret", v.seal_secret(kSecretContext, text_of(n))}, {"digest", v.digest("thing", text_of(n))}}).ok()
               ? Result<void>() : Error(ErrorCode::internal, "not added");
  }
  Result<void> add(Vault& v, std::int64_t n) {
    return store().write_raw([&](store::Tx& tx) { return add_in(tx, v, n); });
  }
  Result<void> add_many(int count) {
    return store().write_raw([&](store::Tx& tx) -> Result<void> {
      for (int n = 0; n < count; ++n) MACHIYA_CHECK(add_in(tx, *vault, n));
      return {};
    });
  }
  /// Things that this vault does not open, of all.
  struct Opened {
    int all = 0, closed = 0;
    std::string first;
  };
  Opened look(Vault& v) {
    Opened out;
    auto done = store().read([&](store::ReadTx& tx) -> Result<void> {
      MACHIYA_TRY(const auto rows, tx.query("SELECT data_key, sealed, secret, digest FROM thing ORDER BY id LIMIT 1300"));
      for (const store::Row& row : rows) {
        const auto plain = v.open_sealed(tx, row.integer(0), kContext, row.text(1));
        const auto secret = v.open_secret(kSecretContext, row.text(2));
        ++out.all;
        if (plain.ok() && secret.ok() && *plain == *secret && row.text(3) == v.digest("thing", *plain)) continue;
        ++out.closed;
        if (out.first.empty()) out.first = !plain.ok() ? plain.error().to_string() : !secret.ok() ? secret.error().to_string() : "another digest";
      }
      return {};
    });
    if (!done.ok()) out.first = done.error().to_string();
    return out;
  }
  void stage_next(bool staged = false) {
    auto ring = *read_key_ring(file, false);
    ring.push_back(next_generation(ring, "2027-01-15"));
    ring.back().staged = staged;
    ASSERT_TRUE(write_key_ring(file, ring).ok());
  }
  void keep_only_newest() {
    auto ring = *read_key_ring(file, false);
    ring.erase(ring.begin(), ring.end() - 1);
    ASSERT_TRUE(write_key_ring(file, ring).ok());
  }
  Rotation rotation(Vault& v) { return Rotation(store(), v, clock, {kSecrets}); }
  /// Steps until nothing is left to do without waiting; true when finished.
  bool run(Rotation& r) {
    for (int i = 0; i < 100'000; ++i) {
      const auto phase = r.step();
      EXPECT_TRUE(phase.ok()) << phase.error().to_string();
      if (!phase.ok() || *phase == RotationState::Phase::waiting) return false;
      if (*phase != RotationState::Phase::rewrapping) return *phase == RotationState::Phase::finished;
    }
    return false;
  }
  /// Again until `done`: on PostgreSQL the end waits for transactions that tests beside this one hold open in other databases of the
  /// cluster. The two minutes are a bound for a broken end, never a measure.
  static bool eventually(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!done()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool exchange(Vault& v) {
    Rotation r = rotation(v);
    EXPECT_TRUE(*r.due());
    EXPECT_FALSE(run(r));
    clock.advance(16 * kSecond);
    return eventually([&] { return run(r); });
  }
  /// How many values of the database open with any subkey of this ring.
  int opens_with(const std::string& ring_file) {
    const KeySet set(*read_key_ring(ring_file, false));
    int opened = 0;
    EXPECT_TRUE(store().read([&](store::ReadTx& tx) -> Result<void> {
      MACHIYA_TRY(const auto keys, tx.query("SELECT wrapped FROM data_key WHERE erased = 0"));
      for (const store::Row& row : keys) opened += aead_open(set.oldest().subkey(Subkey::wrap), "data-key", row.text(0)).has_value();
      for (const auto& [sql, context] : {std::pair{"SELECT secret FROM thing", kSecretContext}, {"SELECT sealed FROM master_check", "master-check"}, {"SELECT sealed FROM index_key", "index-key"}}) {
        MACHIYA_TRY(const auto rows, tx.query(sql));
        int generation = 0;
        for (const store::Row& row : rows) opened += set.open_secret(context, row.text(0), generation).has_value();
      }
      return {};
    }).ok());
    return opened;
  }
};

TEST_P(RotationTest, AFileOfOneKeyIsTheFirstGenerationAndARingKeepsAll) {
  std::ofstream(file + ".old") << std::string(64, 'a') << "\n";
  ::chmod((file + ".old").c_str(), 0600);
  auto ring = *read_key_ring(file + ".old", false);
  ASSERT_EQ(ring.size(), 1u);
  EXPECT_EQ(ring[0].number, 1);
  ring.push_back(next_generation(ring, "2027-01-15"));
  ring.back().staged = true;
  ASSERT_TRUE(write_key_ring(file + ".old", ring).ok());
  const auto again = *read_key_ring(file + ".old", false);
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].key, ring[0].key);
  EXPECT_EQ(again[1].key, ring[1].key);
  EXPECT_EQ(again[1].created, "2027-01-15");
  EXPECT_TRUE(again[1].staged);
  struct stat info {};
  ASSERT_EQ(::stat((file + ".old").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_P(RotationTest, ABrokenRingIsRefusedWithItsLineAndWithoutItsText) {
  const std::string key(64, 'b');
  for (const std::string& text : std::initializer_list<std::string>{"1 2026-01-01 " + key + "\n1 2026-01-02 " + key, "2 2026-01-01 " + key + "\n1 2026-01-02 " + key, "1 yesterday " + key, "0 2026-01-01 " + key,
                                  "1 2026-01-01 " + key.substr(1), "1 2026-01-01 " + key + " staged", "1 2026-01-01 " + key + " what", "# nothing\n# at all", "x " + key}) {
    std::ofstream(file + ".bad") << text << "\n";
    ::chmod((file + ".bad").c_str(), 0600);
    const auto ring = read_key_ring(file + ".bad", false);
    ASSERT_FALSE(ring.ok()) << text;
    EXPECT_EQ(ring.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(ring.error().to_string().find("bbbb"), std::string::npos);
  }
}

TEST_P(RotationTest, EverythingOpensBeforeDuringAndAfterAndNothingWithTheOldKey) {
  ASSERT_TRUE(add_many(1203).ok());
  std::ofstream(file + ".stolen") << std::ifstream(file).rdbuf();
  ::chmod((file + ".stolen").c_str(), 0600);
  EXPECT_EQ(opens_with(file + ".stolen"), 1203 * 2 + 2);   // the count itself can see
  auto erased = store().write([&](store::Tx& tx) { return vault->create_key(tx); });
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return vault->erase_key(tx, *erased); }).ok());

  stage_next();
  Rotation r = rotation(*vault);
  ASSERT_TRUE(*r.due());
  EXPECT_EQ(vault->generation(), 2);
  ASSERT_EQ(*r.step(), RotationState::Phase::rewrapping);
  EXPECT_EQ(r.state()->rewrapped, 500);
  EXPECT_EQ(r.state()->remaining, 703);
  EXPECT_EQ(look(*bound(file)).closed, 0);        // another process, in the middle
  ASSERT_TRUE(add(*vault, 5000).ok());
  ASSERT_TRUE(exchange(*vault));
  EXPECT_EQ(r.state()->remaining, 0);
  EXPECT_EQ(r.state()->phase, RotationState::Phase::finished);
  EXPECT_FALSE(*r.due());
  keep_only_newest();
  const auto after = look(*bound(file));
  EXPECT_EQ(after.all, 1204);
  EXPECT_EQ(after.closed, 0) << after.first;
  EXPECT_EQ(opens_with(file + ".stolen"), 0);
  auto old = *Vault::open(file + ".stolen", false);
  EXPECT_EQ(old->bind_to(store()).error().code, ErrorCode::integrity_broken);
  EXPECT_EQ(look(*old).closed, 1204);
  const auto proof = r.prove();
  EXPECT_EQ(proof->keys, 1204);
  EXPECT_EQ(proof->erased, 1);
  EXPECT_EQ(proof->secrets, 1205);
  EXPECT_EQ(proof->closed, 0) << proof->first_fault;
  const auto refused = rotation(*old).prove();   // what proves can also refuse
  EXPECT_EQ(refused->closed, 1204 + 1205);
}

TEST_P(RotationTest, AStagedKeyOpensButDoesNotWrap) {
  stage_next(true);
  Rotation r = rotation(*vault);
  EXPECT_FALSE(*r.due());
  EXPECT_EQ(vault->generation(), 1);
}

TEST_P(RotationTest, AProcessThatHasNotHeardReadsTheFileWhenItMeetsTheNewKeyAndCannotWriteUnderAClosedOne) {
  auto other = bound(file);
  stage_next();
  ASSERT_TRUE(*rotation(*vault).due());
  ASSERT_TRUE(add(*vault, 1).ok());
  EXPECT_EQ(look(*other).closed, 0);       // reads the file by itself
  EXPECT_EQ(other->generation(), 1);       // but wraps as before until it follows
  ASSERT_TRUE(add(*other, 2).ok());
  ASSERT_TRUE(exchange(*vault));
  EXPECT_FALSE(add(*other, 3).ok());       // closed: refused, not lost
  ASSERT_TRUE(other->follow(store()).ok());
  ASSERT_TRUE(add(*other, 4).ok());
  keep_only_newest();
  EXPECT_EQ(look(*bound(file)).closed, 0);
}

TEST_P(RotationTest, AnotherProcessGoesOnWhereOneStopped) {
  ASSERT_TRUE(add_many(1100).ok());
  stage_next();
  {
    Rotation r = rotation(*vault);
    ASSERT_TRUE(*r.due());
    ASSERT_EQ(*r.step(), RotationState::Phase::rewrapping);
  }
  auto next = bound(file);
  ASSERT_TRUE(exchange(*next));
  EXPECT_EQ(rotation(*next).state()->rewrapped, 1100);   // none twice
  EXPECT_EQ(look(*next).closed, 0);
}

TEST_P(RotationTest, ASecretThatDoesNotOpenStopsTheEndSoThatTheOldKeyStays) {
  ASSERT_TRUE(add(*vault, 1).ok());
  ASSERT_TRUE(store().write_raw([&](store::Tx& tx) -> Result<void> { return tx.execute_later("UPDATE thing SET secret = :broken", {{"broken", std::string(80, 'A')}}); }).ok());
  stage_next();
  Rotation r = rotation(*vault);
  ASSERT_TRUE(*r.due());
  ASSERT_FALSE(run(r));
  clock.advance(16 * kSecond);
  Result<RotationState::Phase> last = RotationState::Phase::none;
  EXPECT_TRUE(eventually([&] {
    last = r.step();
    return !last.ok();
  }));
  EXPECT_EQ(last.error().code, ErrorCode::integrity_broken);
  EXPECT_NE(r.state()->phase, RotationState::Phase::finished);
}

TEST_P(RotationTest, WritersAndReadersGoOnThroughThreeExchanges) {
  ASSERT_TRUE(add_many(600).ok());
  auto second = bound(file);
  std::atomic<bool> done{false};
  std::atomic<int> faults{0}, added{0}, looked{0};
  std::vector<std::thread> threads;
  for (Vault* v : {vault.get(), second.get()}) {
    threads.emplace_back([&, v] { for (int n = 0; n < 400 && !done; ++n) if (add(*v, n).ok()) ++added; else ++faults; });
    threads.emplace_back([&, v] { while (!done) { faults += look(*v).closed; ++looked; } });
  }
  for (int i = 0; i < 3; ++i) {
    stage_next();
    Rotation here = rotation(*vault), there = rotation(*second);
    EXPECT_TRUE(*here.due());
    EXPECT_TRUE(*there.due());
    run(here);
    clock.advance(16 * kSecond);
    int turn = 0;
    EXPECT_TRUE(eventually([&] { return run(++turn % 2 ? here : there); }));
  }
  done = true;
  for (auto& thread : threads) thread.join();
  keep_only_newest();   // not earlier: a reader's snapshot may be older than the exchange
  EXPECT_EQ(faults, 0);
  EXPECT_GT(added, 0);
  EXPECT_GT(looked, 0);
  EXPECT_EQ(look(*bound(file)).closed, 0);
}

MACHIYA_ON_BOTH_ENGINES(RotationTest);

}  // namespace
}  // namespace machiya::vault
