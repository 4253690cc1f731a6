// A change whose number of rows says nothing.
#pragma once
#include <string_view>

#include "platform/store/store.h"

namespace machiya::store {

/// Tx::execute() without the number of rows; its errors. It waits for the database: what need not is Tx::execute_later().
inline Result<void> run(Tx& tx, std::string_view sql, const Binds& binds = {}) {
  auto done = tx.execute(sql, binds);
  return done.ok() ? Result<void>() : Result<void>(std::move(done).error());
}

}  // namespace machiya::store
