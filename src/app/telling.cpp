#include "app/telling.h"

#include "app/tell_channels.h"
#include "app/tell_outlets.h"
#include "base/log.h"
#include "tell/messages/definitions.h"

namespace machiya::app {

Telling::~Telling() { stop(); }

std::vector<store::Migration> Telling::migrations() {
  std::vector<store::Migration> out = tell::Audiences::migrations();
  for (auto list : {tell::Ledger::migrations(), tell::Campaigns::migrations(), tell::Publications::migrations(), tell::MailReturns::migrations()}) out.insert(out.end(), list.begin(), list.end());
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
  options.base_url = p_.base_url, options.changed = p_.changed, options.own = p_.own;
  options.values = [this](store::ReadTx& tx, const std::string& message, const std::string& lang, const std::vector<std::int64_t>& recipients) { return campaigns_->own_values(tx, message, lang, recipients); };
  sender_ = std::make_unique<tell::Sender>(p_.store, *ledger_, *audiences_, p_.clock, p_.rng, std::move(options));
  campaigns_ = std::make_unique<tell::Campaigns>(tell::CampaignParts{p_.store, *audiences_, *ledger_, p_.audit, p_.texts, p_.clock, p_.rng, p_.city, p_.base_url, p_.may, [this] { return bits_; },
                                                                     [this] {
                                                                       if (p_.placed) p_.placed();
                                                                       sender_->wake(), outlets_->wake();
                                                                     },
                                                                     [this](const tell::Campaign& campaign) { return outlets_->prepare(campaign); },
                                                                     [this](store::Tx& tx, std::string_view message) { return outlets_->withdraw(tx, message); }, &p_.vault});
  MACHIYA_CHECK(build_outlets());
  if (!p_.sends) return {};
  const auto city = p_.city();
  for (const tell::ChannelDefinition* definition : tell::channels_of(*city)) {
    // One channel of mails has them; a second would need reports that say which.
    tell::ReturnPath* path = nullptr;
    if (!return_path_) {
      MACHIYA_TRY(return_path_, make_return_path(*definition, p_.settings, p_.vault));
      path = return_path_.get();
    }
    MACHIYA_TRY(auto channel, make_channel(*definition, p_.settings, p_.door, p_.clock, p_.rng, path));
    if (!channel) continue;
    MACHIYA_TRY(const int number, audiences_->number("channel", definition->id));
    if (path) mail_returns_ = std::make_unique<tell::MailReturns>(tell::MailReturnsParts{p_.store, *audiences_, *ledger_, p_.clock, *path, number});
    sender_->add({definition->id, number, channel.get(), definition->per_second, definition->workers, definition->attempts});
    ids_.push_back(definition->id), bits_ |= std::int64_t{1} << number;
    channels_.push_back(std::move(channel));
  }
  return {};
}

Result<void> Telling::build_outlets() {
  archive_ = std::make_unique<tell::Archive>(*campaigns_, p_.clock, p_.city, p_.base_url);
  std::map<std::string, tell::OutletSetting> settings;
  if (p_.sends) {
    MACHIYA_TRY(settings, outlet_settings(*p_.city(), p_.settings, p_.door, p_.clock));
  }
  const auto changed = [this](const std::string& message) {
    const auto campaign = campaigns_->published_one(message);
    if (p_.changed && campaign.ok() && *campaign) p_.changed((*campaign)->message);
  };
  outlets_ = std::make_unique<tell::Publications>(tell::PublicationParts{p_.store, p_.clock, p_.rng, p_.city, [this](const tell::Campaign& campaign) { return notice(campaign); }, std::move(settings), changed});
  return {};
}

Result<bulletins::Notice> Telling::notice(const tell::Campaign& campaign) { return tell::notice_of(*archive_, *campaigns_, campaign); }

void Telling::start() { sender_->start(), outlets_->start(); }
void Telling::stop() {
  if (outlets_) outlets_->stop();
  if (sender_) sender_->stop();
}

}  // namespace machiya::app
