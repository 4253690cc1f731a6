// How many data keys a second are wrapped anew when the master key is exchanged.
//   rotation_bench STORE-URL KEY-FILE KEYS      (an empty database; the key file is made)
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "platform/vault/key_ring.h"
#include "platform/vault/rotation.h"

using namespace machiya;

namespace {
Result<void> make_keys(store::Store& store, vault::Vault& vault, int count) {
  constexpr int kTogether = 2000;
  for (int done = 0; done < count; done += kTogether)
    MACHIYA_CHECK(store.write_raw([&](store::Tx& tx) -> Result<void> {
      for (int i = 0; i < kTogether && done + i < count; ++i) MACHIYA_CHECK(vault.create_key(tx));
      return {};
    }));
  return {};
}

Result<void> run(const std::string& url, const std::string& file, int count) {
  store::Options options;
  options.url = url;
  MACHIYA_TRY(const auto store, store::Store::open(options));
  MACHIYA_CHECK(store->migrate(vault::Vault::migrations()));
  MACHIYA_TRY(const auto vault, vault::Vault::open(file, true));
  MACHIYA_CHECK(vault->bind_to(*store));
  MACHIYA_CHECK(make_keys(*store, *vault, count));
  MACHIYA_TRY(auto ring, vault::read_key_ring(file, false));
  ring.push_back(vault::next_generation(ring, "2027-01-15"));
  MACHIYA_CHECK(vault::write_key_ring(file, ring));
  SystemClock clock;
  vault::Rotation rotation(*store, *vault, clock, {}, 0);
  const auto begin = std::chrono::steady_clock::now();
  MACHIYA_TRY(const bool due, rotation.due());
  if (!due) return Error(ErrorCode::internal, "no exchange is due");
  for (auto phase = vault::RotationState::Phase::none; phase != vault::RotationState::Phase::finished;) {
    MACHIYA_TRY(phase, rotation.step());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  MACHIYA_TRY(const auto proof, rotation.prove());
  std::printf("%lld data keys wrapped anew in %.2f s: %.0f/s; %lld do not open\n", static_cast<long long>(proof.keys), seconds, static_cast<double>(proof.keys) / seconds,
              static_cast<long long>(proof.closed));
  return proof.closed == 0 ? Result<void>() : Error(ErrorCode::integrity_broken, proof.first_fault);
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "rotation_bench STORE-URL KEY-FILE KEYS\n"), 2;
  const auto done = run(argv[1], argv[2], std::atoi(argv[3]));
  if (!done.ok()) std::fprintf(stderr, "rotation_bench: %s\n", done.error().to_string().c_str());
  return done.ok() ? 0 : 1;
}
