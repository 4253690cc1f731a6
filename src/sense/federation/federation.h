// Distributed operations (ETSI GS CIM 009 V1.8.1 §4.3.6): this broker and registered sources answer together. What goes where is in plan.h, how sources are
// spoken to in envelope.h and sender.h, what becomes of their answers in merge.h.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "platform/store/store.h"
#include "sense/federation/envelope.h"
#include "sense/federation/merge.h"
#include "sense/federation/plan.h"
#include "sense/federation/sender.h"

namespace machiya::sense::federation {

/// §6.3.17: what an answer says of sources that could not say theirs.
enum class Warning : std::uint8_t {
  stale,     ///< 110: an answer that was kept
  failed,    ///< 199: an error, or no answer in time
  unusable   ///< 299: an answer that is none
};
/// "199 - Miscellaneous Warning"
std::string_view warning_text(Warning warning);

/// Any thread may call.
class Federation {
 public:
  /// Everything given must outlive this. `call` as Outbound::call.
  Federation(Registrations& registrations, Contexts& contexts, Names& names, Clock& clock, Sender::Call call, Sender::Options options);
  Federation(Registrations& registrations, Contexts& contexts, Names& names, Clock& clock, Sender::Call call) : Federation(registrations, contexts, names, clock, std::move(call), {}) {}

  /// Where subscriptions at sources are kept (federation_dao.h), and the address that sources reach this broker by ("": the one that the request names).
  void keep_in(store::Store& store, std::string address) { store_ = &store, address_ = std::move(address); }
  store::Store* store() const { return store_; }
  const std::string& address() const { return address_; }

  /// Has the tenant registrations at all? One look at a snapshot: what a broker without sources pays.
  bool any(std::string_view tenant) const;
  /// Those that match, without sources that the request has passed already (§6.3.18).
  std::vector<Match> matching(const Asker& asker, const Wanted& wanted) const;

  Result<Speech> speech(const Registration& registration, const Asker& asker) { return speech_for(registration, asker, contexts_); }
  /// A request to a source; `body` has the asker's names, or those of `names` (elements of a batch), and is renamed when the source speaks otherwise.
  Result<Request> question(const RegistrationPtr& source, const Asker& asker, std::string target);
  std::vector<Reply> send(const std::vector<Request>& requests) { return sender_.send(requests); }

  /// The entities of an answer: one, or a list; nothing when it has none. `unusable` when it is no JSON or what is in it is no entity.
  struct Told {
    std::vector<EntityPtr> entities;
    bool unusable = false;
  };
  Told entities_of(const Reply& reply, const Speech& speech);
  Names& names() { return names_; }
  Contexts& contexts() { return contexts_; }
  Registrations& registrations() { return registrations_; }

 private:
  Registrations& registrations_;
  Contexts& contexts_;
  Names& names_;
  Sender sender_;
  store::Store* store_ = nullptr;
  std::string address_;
};

}  // namespace machiya::sense::federation
