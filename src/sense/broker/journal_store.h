// The journal in tables of the house's database: the alternative to log and snapshot where a city keeps everything in PostgreSQL.
#pragma once
#include "platform/store/store.h"
#include "sense/broker/journal.h"

namespace machiya::sense {

/// `store` must be migrated and outlive the journal. What comes while a commit is under way shares the next one. One process writes at a time: another's
/// writes are refused (storage_failed) by the numbers that exist already.
Result<std::unique_ptr<Journal>> open_store_journal(store::Store& store);

std::vector<store::Migration> journal_migrations();

}  // namespace machiya::sense
