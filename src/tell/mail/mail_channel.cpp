#include "tell/mail/mail_channel.h"

#include <algorithm>
#include <map>

#include "tell/mail/compose.h"
#include "tell/mail/smtp_fate.h"
#include "tell/mail/smtp_pool.h"

namespace machiya::tell {
namespace {
using State = outbound::SmtpOutcome::State;
constexpr int kMostTries = 3;   // conversations for one parcel that break without a single answer

Outcome outcome_of(const outbound::SmtpOutcome& said) {
  switch (said.state) {
    case State::accepted: return {Fate::accepted, "smtp-" + std::to_string(said.code)};
    case State::refused: return {fate_of_reply(said.code, said.status), "smtp-" + std::to_string(said.code)};
    case State::unsent: return {Fate::again, "smtp-unsent"};
    case State::unknown: break;
  }
  return {Fate::unknown, "smtp-no-answer"};
}
}  // namespace

struct MailChannel::Impl {
  MailOptions options;
  const Clock& clock;
  MailHead head;
  std::unique_ptr<DkimSigner> signer;   ///< null without keys
  SmtpPool pool;

  Impl(MailOptions o, const outbound::Outbound& door, const Clock& c, MailHead h, std::unique_ptr<DkimSigner> s)
      : options(std::move(o)), clock(c), head(std::move(h)), signer(std::move(s)), pool(door, options.relay, options.connections, options.wait_ms, options.idle_ms) {}

  /// A mail that waits for its conversation.
  struct Waiting {
    std::size_t index = 0;   ///< in the parcel
    Mailbox to;
    std::string sender, recipient, text;
  };

  std::string mail(const Parcel& parcel, const Addressee& to, const Mailbox& mailbox, const DomainRule* rule) const {
    const Content& content = to.own ? *to.own : *parcel.content;
    std::string text = compose(head, {mailbox, to.leave, message_id_of(parcel.key, to), rule != nullptr ? rule->charset : Charset::utf8}, content, clock.now());
    return signer ? signer->sign(text, clock.now()) + text : text;
  }
  Waiting prepare(const Parcel& parcel, std::size_t index, Mailbox mailbox, const DomainRule* rule) const {
    const Addressee& to = parcel.to[index];
    Waiting out;
    out.index = index;
    out.text = mail(parcel, to, mailbox, rule);
    out.recipient = mailbox.path();
    out.sender = options.envelope_from ? options.envelope_from(to.recipient) : std::string();
    if (out.sender.empty()) out.sender = head.from.path();
    out.to = std::move(mailbox);
    return out;
  }

  /// As many of the rest as one conversation takes; `done` moves on over what has an answer. False when the relay is away.
  bool converse(const std::vector<Waiting>& mails, std::size_t& done, const DomainRule* rule, HandOff& out) {
    auto lease = pool.take(rule);
    if (!lease.ok()) {
      for (std::size_t i = done; i < mails.size(); ++i) out.each[mails[i].index] = {Fate::again, lease.error().where == "smtp-busy" ? "smtp-busy" : "smtp-unreached"};
      done = mails.size();
      return lease.error().where == "smtp-busy";
    }
    const std::size_t count = std::min(mails.size() - done, lease->room());
    std::vector<outbound::SmtpLetter> letters(count);
    for (std::size_t i = 0; i < count; ++i) {
      const Waiting& one = mails[done + i];
      letters[i] = {one.sender, one.recipient, one.to.utf8, one.to.utf8, one.text};
    }
    const auto said = lease->session().deliver(letters);
    lease->count(count);
    std::size_t heard = 0;
    for (; heard < count && said[heard].state != State::unsent; ++heard) out.each[mails[done + heard].index] = outcome_of(said[heard]);
    done += heard;
    return heard > 0;
  }

  /// All mails of one rule. What a broken conversation did not take goes out over another one.
  void send(const std::vector<Waiting>& mails, const DomainRule* rule, HandOff& out) {
    int failures = 0;
    for (std::size_t done = 0; done < mails.size();) {
      if (converse(mails, done, rule, out)) {
        failures = 0;
      } else if (++failures >= kMostTries || done == mails.size()) {
        out.down = true;
        return;   // the rest keeps "again"
      }
    }
  }
};

MailChannel::MailChannel() = default;
MailChannel::~MailChannel() = default;

Result<std::unique_ptr<MailChannel>> MailChannel::create(MailOptions options, const outbound::Outbound& door, const Clock& clock) {
  if (options.connections < 1 || options.most < 1 || options.wait_ms < 0 || options.idle_ms < 0) return Error(ErrorCode::invalid_input, "numbers of connections and mails begin at 1", "mail");
  MailHead head;
  MACHIYA_TRY(head.from, parse_mailbox(options.from));
  if (!options.reply_to.empty()) {
    MACHIYA_TRY(const Mailbox reply_to, parse_mailbox(options.reply_to));
    head.reply_to = reply_to.path();
  }
  std::unique_ptr<DkimSigner> signer;
  if (!options.dkim.empty()) {
    MACHIYA_TRY(signer, DkimSigner::create(options.dkim));
  }
  for (DkimKey& key : options.dkim) key.pem.clear();
  std::unique_ptr<MailChannel> out(new MailChannel());
  out->impl_ = std::make_unique<Impl>(std::move(options), door, clock, std::move(head), std::move(signer));
  return out;
}

int MailChannel::most() const { return impl_->options.most; }

Result<std::string> MailChannel::mail_for(const Parcel& parcel, const Addressee& to) const {
  MACHIYA_TRY(const Mailbox mailbox, parse_mailbox(to.address));
  return impl_->mail(parcel, to, mailbox, rule_for(impl_->options.rules, mailbox.domain));
}

HandOff MailChannel::hand_off(const Parcel& parcel) {
  HandOff out;
  out.each.assign(parcel.to.size(), {Fate::again, "smtp-unsent"});
  std::map<const DomainRule*, std::vector<Impl::Waiting>> groups;
  for (std::size_t i = 0; i < parcel.to.size(); ++i) {
    auto mailbox = parse_mailbox(parcel.to[i].address);
    if (!mailbox.ok()) {
      out.each[i] = {Fate::dead_address, "smtp-address"};
      continue;
    }
    const DomainRule* rule = rule_for(impl_->options.rules, mailbox->domain);
    groups[rule].push_back(impl_->prepare(parcel, i, std::move(*mailbox), rule));
  }
  for (const auto& [rule, mails] : groups) impl_->send(mails, rule, out);
  return out;
}

}  // namespace machiya::tell
