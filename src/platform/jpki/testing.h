// For tests only: a test authority shaped like the card's, made by the openssl command line when a test begins.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/temporary_folder.h"

namespace machiya::jpki::testing {

/// What the openssl command line is told of the authority and of the kinds of certificates.
inline std::string config() {
  std::string out = R"(
[ca]
default_ca = test
[test]
dir = .
database = $dir/index
serial = $dir/serial
new_certs_dir = $dir
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
)";
  const auto kind = [&](const std::string& name, const std::string& use, const std::string& more) {
    out += "[" + name + "]\nbasicConstraints = CA:FALSE\nkeyUsage = critical," + use + "\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n" + more;
  };
  const std::string signs = "digitalSignature,nonRepudiation", proves = "digitalSignature", policy = "certificatePolicies = 1.2.3.4.";
  kind("signing", signs, policy + "1\n");
  kind("authentication", proves, policy + "2\n");
  kind("other_policy", signs, policy + "9\n");
  kind("holder", signs, policy + "1\nsubjectAltName = @names\n");
  kind("responder", proves, "extendedKeyUsage = critical,OCSPSigning\n");
  return out + R"([names]
otherName.1 = 1.2.392.200149.8.5.5.1;FORMAT:UTF8,UTF8String:町家　花子
otherName.2 = 1.2.392.200149.8.5.5.3;UTF8String:2
otherName.3 = 1.2.392.200149.8.5.5.4;UTF8String:319850203
otherName.4 = 1.2.392.200149.8.5.5.5;FORMAT:UTF8,UTF8String:大阪府大阪市北区中之島一丁目3番20号
)";
}

inline std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

/// One authority with its folder. Certificates are valid from 2020 to 2049.
struct Authority {
  TemporaryFolder own{"jpki"};
  std::string folder = own.path();

  Authority() {
    write("conf", config());
    write("index", "");
    write("serial", "01\n");
    run("openssl req -new -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr -subj '/CN=Test authority'");
    run("openssl ca -batch -config conf -selfsign -keyfile ca.key -in ca.csr -out ca.pem -notext -extensions root -startdate 20200101000000Z -enddate 20491231000000Z");
    issue("responder", "responder");
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  void write(const std::string& file, const std::string& text) const { std::ofstream(folder + "/" + file, std::ios::binary) << text; }
  void run(const std::string& command) const {
    ASSERT_EQ(std::system(("cd " + folder + " && (" + command + ") >>log 2>&1").c_str()), 0) << command << "\n" << read(folder + "/log");
  }
  /// A detached CMS signature (DER) of `content` by a card that was issued; `more`: other words of the command line.
  std::string sign(const std::string& content, const std::string& card, const std::string& more = "") const {
    write("content", content);
    run("openssl cms -sign -binary -in content -signer " + card + ".pem -inkey " + card + ".key -outform DER -out content.p7s " + more);
    return at("content.p7s");
  }
  std::string at(const std::string& file) const { return read(folder + "/" + file); }
  /// name.key and name.der. `more`: how the key is made, or another digest.
  std::string issue(const std::string& name, const std::string& kind, const std::string& key = "rsa:2048", const std::string& more = "") const {
    run("openssl req -new -newkey " + key + " -nodes -keyout " + name + ".key -out " + name + ".csr -subj '/CN=" + name + "'");
    run("openssl ca -batch -config conf -cert ca.pem -keyfile ca.key -in " + name + ".csr -out " + name + ".pem -notext -extensions " + kind +
        " -startdate 20200101000000Z -enddate 20491231000000Z " + more);
    run("openssl x509 -in " + name + ".pem -outform DER -out " + name + ".der");
    return at(name + ".der");
  }
  void revoke(const std::string& name) const { run("openssl ca -config conf -cert ca.pem -keyfile ca.key -revoke " + name + ".pem -crl_reason keyCompromise"); }
  std::string crl(const std::string& from = "20260601000000Z", const std::string& to = "20260701000000Z") const {
    run("openssl ca -config conf -cert ca.pem -keyfile ca.key -gencrl -crl_lastupdate " + from + " -crl_nextupdate " + to + " -out crl.pem && openssl crl -in crl.pem -outform DER -out crl.der");
    return at("crl.der");
  }
  /// What a responder answers to a question now; `signer` is one of this authority's certificates.
  std::string answer(const std::string& question, const std::string& signer = "responder") const {
    write("question", question);
    run("openssl ocsp -index index -CA ca.pem -rsigner " + signer + ".pem -rkey " + signer + ".key -reqin question -respout answer -nmin 60");
    return at("answer");
  }
};

}  // namespace machiya::jpki::testing
