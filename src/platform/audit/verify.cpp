#include "platform/audit/verify.h"

#include <algorithm>
#include <map>

#include "platform/audit/archive.h"
#include "platform/audit/audit_dao.h"
#include "platform/vault/signing_key.h"

namespace machiya::audit {
namespace {

bool trusted(const Audit::Evidence& evidence, const std::string& key) {
  return evidence.keys.empty() || std::find(evidence.keys.begin(), evidence.keys.end(), key) != evidence.keys.end();
}

class Verification {
 public:
  Verification(store::ReadTx& tx, const Audit::Evidence& evidence, Instant now) : tx_(tx), evidence_(evidence), now_(now) {}

  Result<Audit::Verdict> run() {
    MACHIYA_CHECK(read_cut());
    MACHIYA_TRY(const auto own, dao::statements(tx_));
    take("statement", own);
    if (evidence_.copies) {
      take("copy of statement", *evidence_.copies);
      compare_ends(own, *evidence_.copies);
    }
    MACHIYA_CHECK(walk());
    MACHIYA_TRY(const auto tail, dao::tail(tx_));
    out_.unsealed_tail = tail.count;
    out_.first_unsealed = tail.first;
    return out_;
  }

 private:
  void fault(std::string text) {
    if (out_.intact) out_.first_fault = std::move(text);
    out_.intact = false;
  }

  /// The chain begins behind the last cut; each cut must be signed.
  Result<void> read_cut() {
    MACHIYA_TRY(const auto cuts, dao::cuts(tx_));
    std::int64_t expected = 1, before = 0;
    for (const Cut& cut : cuts) {
      const std::string name = "cut " + std::to_string(cut.number);
      if (cut.number != expected++ || cut.sequence <= before) fault(name + ": missing or moved");
      if (!trusted(evidence_, cut.key) || !vault::verify_signature(cut.key, signed_text(cut), cut.signature)) fault(name + ": its signature does not fit");
      before = cut.sequence;
      link_ = cut.hash;
    }
    first_ = out_.archived = before;
    return {};
  }

  void compare_ends(const std::vector<Statement>& own, const std::vector<Statement>& copies) {
    const std::int64_t ours = own.empty() ? 0 : own.back().number, copied = copies.empty() ? 0 : copies.back().number;
    const bool on_its_way = ours == copied + 1 && now_.us - own.back().at.us < kMinute;
    if (copied > ours) fault("statements: the copy ends with " + std::to_string(copied) + ", the database with " + std::to_string(ours) + ": it was set back");
    else if (copied < ours && !on_its_way) fault("copy of statement " + std::to_string(copied + 1) + ": missing");
  }

  /// Checks numbers and signatures, and notes what the chain must say at which seal.
  void take(const std::string& what, const std::vector<Statement>& statements) {
    std::int64_t expected = 1;
    for (const Statement& s : statements) {
      const std::string name = what + " " + std::to_string(s.number);
      if (s.number != expected) fault(what + " " + std::to_string(expected) + ": missing, damaged or moved");
      expected = s.number + 1;
      if (!trusted(evidence_, s.key)) fault(name + ": signed with a key that does not count");
      else if (!vault::verify_signature(s.key, signed_text(s), s.signature)) fault(name + ": its signature does not fit");
      else if (s.sequence >= first_) stated_[s.sequence].push_back({name, s.hash});
      else out_.statements += 1;   // of rows that lie in an archive
    }
  }

  /// The chain has reached this seal: what was stated about it must be true.
  void compare(std::int64_t sequence, const std::string& hash) {
    const auto found = stated_.find(sequence);
    if (found == stated_.end()) return;
    for (const Stated& s : found->second) {
      if (s.hash != hash) fault(s.name + ": the chain says otherwise at seal " + std::to_string(sequence));
      else out_.statements += 1;
    }
  }

  Result<void> walk() {
    std::int64_t expected = first_ + 1;
    compare(first_, link_);
    MACHIYA_CHECK(dao::each_link(tx_, first_, [&](const dao::Link& l) {
      const std::string row = "row " + std::to_string(l.seal.row_id);
      if (l.seal.sequence != expected) fault("seal " + std::to_string(expected) + ": missing or moved");
      expected = l.seal.sequence + 1;
      link_ = next_link(link_, l.seal.sequence, l.row);
      if (!l.row_exists) fault(row + ": missing");
      else if (link_ != l.seal.hash) fault(row + ": changed");
      link_ = l.seal.hash;   // go on from what is written, so that later faults count for themselves
      out_.sealed += 1;
      compare(l.seal.sequence, link_);
      return true;
    }));
    MACHIYA_TRY(const auto head, dao::head(tx_));
    if (head.sequence != expected - 1 || head.hash != link_) fault("head: does not match seal " + std::to_string(expected - 1));
    if (!stated_.empty() && stated_.rbegin()->first >= expected)
      fault(stated_.rbegin()->second.front().name + ": knows seal " + std::to_string(stated_.rbegin()->first) + ", the chain ends at " + std::to_string(expected - 1));
    out_.head = to_hex(head.hash);
    return {};
  }

  struct Stated {
    std::string name, hash;
  };
  store::ReadTx& tx_;
  const Audit::Evidence& evidence_;
  const Instant now_;
  Audit::Verdict out_;
  std::string link_ = first_link();
  std::int64_t first_ = 0;                                 ///< sequence of the last cut
  std::map<std::int64_t, std::vector<Stated>> stated_;     ///< by sequence
};

}  // namespace

Result<Audit::Verdict> verify_chain(store::ReadTx& tx, const Audit::Evidence& evidence, Instant now) { return Verification(tx, evidence, now).run(); }

}  // namespace machiya::audit
