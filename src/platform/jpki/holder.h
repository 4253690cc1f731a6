// What a signing certificate (署名用電子証明書) says of its holder.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace machiya::jpki {

/// The four facts (基本4情報) in subjectAltName, as J-LIS's certificate profile 3.2 has them: otherName 1.2.392.200149.8.5.5.1 name, .3 gender
/// (1 male, 2 female, 3 not known), .4 birth date (EYYYYMMDD, E the era), .5 address. What is not there, or no such value, is "".
struct Holder {
  std::string name, gender;    ///< gender: "male", "female" or ""
  std::string birth_date;      ///< "1990-04-01"; "" when it is not wholly known
  std::string address;
  Instant valid_until;         ///< of the certificate
};
/// invalid_input ("certificate-unreadable") for anything that is no certificate. Believes what it reads: verify the certificate first.
Result<Holder> holder_of(std::string_view der);

}  // namespace machiya::jpki
