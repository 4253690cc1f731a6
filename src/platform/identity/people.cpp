#include "platform/identity/people.h"

#include "platform/vault/vault.h"

namespace machiya::identity {

Principal citizen_principal(const person_dao::Person& person) {
  Principal out;
  out.kind = PrincipalKind::citizen;
  out.id = person.id;
  out.public_id = person.public_id;
  out.assurance = static_cast<Assurance>(person.assurance);
  return out;
}

Result<Principal> create_person(store::Tx& tx, vault::Vault& vault, Rng& rng, Instant now, std::string_view method, std::string_view subject,
                                std::string_view email, Assurance assurance) {
  person_dao::Person person;
  person.public_id = new_public_id(rng);
  person.assurance = static_cast<int>(assurance);
  MACHIYA_TRY(person.data_key, vault.create_key(tx));
  MACHIYA_TRY(person.email, vault.seal(tx, person.data_key, kEmailContext, email));
  MACHIYA_TRY(person.id, person_dao::insert(tx, person, now));
  MACHIYA_CHECK(person_dao::insert_login(tx, person.id, method, subject, now));
  return citizen_principal(person);
}

}  // namespace machiya::identity
