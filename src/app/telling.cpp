#include "app/telling.h"

#include "app/tell_channels.h"
#include "base/log.h"
#include "tell/messages/definitions.h"

namespace machiya::app {

Telling::~Telling() { stop(); }

std::vector<store::Migration> Telling::migrations() {
  std::vector<store::Migration> out = tell::Audiences::migrations();
  for (auto list : {tell::Ledger::migrations(), tell::Campaigns::migrations()}) out.insert(out.end(), list.begin(), list.end());
  return out;
}

Result<std::unique_ptr<Telling>> Telling::open(TellingParts parts) {
  std::unique_ptr<Telling> out(new Telling(std::move(parts)));
  MACHIYA_CHECK(out->build());
  return out;
}

Result<void> Telling::build() {
  audiences_ = std::make_unique<tell::Audiences>(p_.store, p_.vault, p_.clock, p_.rng);
  ledger_ = std::make_unique<tell::Ledger>(p_.store, p_.clock, p_.rng);
  tell::SenderOptions options;
  options.base_url = p_.base_url, options.changed = p_.changed;
  sender_ = std::make_unique<tell::Sender>(p_.store, *ledger_, *audiences_, p_.clock, p_.rng, std::move(options));
  campaigns_ = std::make_unique<tell::Campaigns>(tell::CampaignParts{p_.store, *audiences_, *ledger_, p_.audit, p_.texts, p_.clock, p_.rng, p_.city, p_.base_url, p_.may, [this] { return bits_; }, [this] { sender_->wake(); }});
  if (!p_.sends) return {};
  const auto city = p_.city();
  for (const tell::ChannelDefinition* definition : tell::channels_of(*city)) {
    MACHIYA_TRY(auto channel, make_channel(*definition, p_.settings, p_.door, p_.clock, p_.rng));
    if (!channel) continue;
    MACHIYA_TRY(const int number, audiences_->number("channel", definition->id));
    sender_->add({definition->id, number, channel.get(), definition->per_second, definition->workers, definition->attempts});
    ids_.push_back(definition->id), bits_ |= std::int64_t{1} << number;
    channels_.push_back(std::move(channel));
  }
  return {};
}

void Telling::start() { sender_->start(); }
void Telling::stop() {
  if (sender_) sender_->stop();
}

}  // namespace machiya::app
