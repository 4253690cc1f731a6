// `machiya keys …`: the key file and the exchange of its master key. Keys are never printed.
#include <algorithm>
#include <cstdio>

#include "app/command.h"
#include "app/house.h"
#include "app/key_exchange.h"
#include "app/settings.h"
#include "platform/vault/key_ring.h"
#include "platform/vault/rotation.h"

namespace machiya::app {
namespace {
using Phase = vault::RotationState::Phase;
constexpr int kSettleMinutes = 5;   // longer than an export reads one snapshot

struct KeyFile {
  Settings settings;
  vault::KeyRing ring;
  Result<void> write() const { return vault::write_key_ring(settings.key_file, ring); }
};
Result<KeyFile> read_keys(const Arguments& arguments) {
  KeyFile out;
  MACHIYA_TRY(out.settings, settings_from(arguments));
  MACHIYA_TRY(out.ring, vault::read_key_ring(out.settings.key_file, false));
  return out;
}

/// Asks the database with these keys; reads only, so that it works beside a running server.
template <class Ask>
auto ask(const KeyFile& keys, Ask question) -> decltype(question(std::declval<vault::Rotation&>())) {
  MACHIYA_TRY(const auto store, open_store(keys.settings));
  MACHIYA_TRY(const auto vault, vault::Vault::open(keys.settings.key_file, false));
  MACHIYA_CHECK(vault->bind_to(*store, vault::Vault::Binding::reading));
  SystemClock clock;
  vault::Rotation rotation(*store, *vault, clock, secret_columns());
  return question(rotation);
}
Result<vault::RotationState> state_of(const KeyFile& keys) {
  return ask(keys, [](vault::Rotation& rotation) { return rotation.state(); });
}

std::string_view word(Phase phase) {
  switch (phase) {
    case Phase::none: return "no exchange";
    case Phase::rewrapping: return "exchanging";
    case Phase::waiting: return "exchanging: waiting for processes and transactions that may still use the old key";
    case Phase::finished: return "exchanged: older keys may be removed (machiya keys retire)";
  }
  return "";
}

int print_state(const KeyFile& keys) {
  const auto state = state_of(keys);
  if (!state) return complain(state.error().to_string());
  for (const auto& key : keys.ring)
    std::printf("generation %d  %s%s%s\n", key.number, key.created.empty() ? "day unknown" : key.created.c_str(), key.staged ? "  staged" : "",
                key.number == state->generation ? "  in use" : "");
  std::printf("%s", std::string(word(state->phase)).c_str());
  if (state->total > 0) std::printf(": %lld of %lld data keys, %lld remain", static_cast<long long>(state->rewrapped), static_cast<long long>(state->total), static_cast<long long>(state->remaining));
  std::printf("\n");
  return kDone;
}
}  // namespace

int keys_status(const Arguments& arguments) {
  auto keys = read_keys(arguments);
  if (!keys) return complain(keys.error().to_string());
  return print_state(*keys);
}

int keys_rotate(const Arguments& arguments) {
  auto keys = read_keys(arguments);
  if (!keys) return complain(keys.error().to_string());
  if (keys->ring.back().staged) return complain("generation " + std::to_string(keys->ring.back().number) + " is staged already; see machiya keys activate", kNotInOrder);
  const auto state = state_of(*keys);
  if (!state) return complain(state.error().to_string());
  if (state->phase == Phase::rewrapping || state->phase == Phase::waiting || state->generation != keys->ring.back().number)
    return complain("an exchange is under way; see machiya keys status", kNotInOrder);
  keys->ring.push_back(vault::next_generation(keys->ring, to_iso(SystemClock().today())));
  keys->ring.back().staged = arguments.has("staged");
  if (auto done = keys->write(); !done.ok()) return complain(done.error().to_string());
  std::printf("generation %d added to %s%s; copy the file to a safe place as well\n", keys->ring.back().number, keys->settings.key_file.c_str(),
              keys->ring.back().staged ? ", staged" : "");
  return kDone;
}

int keys_activate(const Arguments& arguments) {
  auto keys = read_keys(arguments);
  if (!keys) return complain(keys.error().to_string());
  if (!keys->ring.back().staged) return complain("no key is staged", kNotInOrder);
  keys->ring.back().staged = false;
  if (auto done = keys->write(); !done.ok()) return complain(done.error().to_string());
  std::printf("generation %d is in use as soon as a server reads the file\n", keys->ring.back().number);
  return kDone;
}

int keys_retire(const Arguments& arguments) {
  auto keys = read_keys(arguments);
  if (!keys) return complain(keys.error().to_string());
  const auto state = state_of(*keys);
  if (!state) return complain(state.error().to_string());
  if (state->phase != Phase::finished || state->remaining != 0) return complain("data still stands under an older key; see machiya keys status", kNotInOrder);
  if (state->finished && !arguments.has("now") && SystemClock().now().us - state->finished->us < kSettleMinutes * 60 * kSecond)
    return complain("the exchange ended less than " + std::to_string(kSettleMinutes) + " minutes ago: reads that began before it still need the old key; wait, or give --now", kNotInOrder);
  const std::size_t before = keys->ring.size();
  std::erase_if(keys->ring, [&](const vault::KeyGeneration& key) { return key.number < state->generation; });
  if (auto done = keys->write(); !done.ok()) return complain(done.error().to_string());
  std::printf("%zu older keys removed; backups made before the exchange still need them\n", before - keys->ring.size());
  return kDone;
}

int keys_verify(const Arguments& arguments) {
  auto keys = read_keys(arguments);
  if (!keys) return complain(keys.error().to_string());
  const auto proof = ask(*keys, [](vault::Rotation& rotation) { return rotation.prove(); });
  if (!proof) return complain(proof.error().to_string());
  std::printf("%lld data keys, %lld erased, %lld secrets: ", static_cast<long long>(proof->keys), static_cast<long long>(proof->erased), static_cast<long long>(proof->secrets));
  if (proof->closed == 0) std::printf("all open\n");
  else std::printf("%lld do not open: %s\n", static_cast<long long>(proof->closed), proof->first_fault.c_str());
  return proof->closed == 0 ? kDone : kNotInOrder;
}

}  // namespace machiya::app
