// What Cases and Registers stand on, built apart from the house: for scenarios and tests.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/identity/no_sender.h"
#include "platform/jobs/jobs.h"
#include "platform/vault/vault.h"

namespace machiya::cases {

/// The real services over one database, with the clock that is given; sends nothing.
struct GroundFloor {
  /// `policy`: as in identity::Options.
  GroundFloor(store::Store& store, vault::Vault& vault, const Clock& clock, std::string policy)
      : audit(store, clock), events(store, clock), jobs(store, clock), identity(store, vault, audit, clock, sender, {.policy_text = std::move(policy)}) {}
  static std::vector<store::Migration> migrations() {
    std::vector<store::Migration> out;
    for (const auto& list : {vault::Vault::migrations(), audit::Audit::migrations(), events::Events::migrations(), jobs::Jobs::migrations(), identity::Identity::migrations()})
      out.insert(out.end(), list.begin(), list.end());
    return out;
  }

  identity::NoSender sender;
  audit::Audit audit;
  events::Events events;
  jobs::Jobs jobs;
  identity::Identity identity;
};

}  // namespace machiya::cases
