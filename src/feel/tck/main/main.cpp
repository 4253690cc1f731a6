// feel_tck_main DIR: runs the DMN TCK cases below DIR (also built for wasm32, see script/wasm).
#include <iostream>

#include "feel/tck/tck.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: feel_tck_main DIR\n";
    return 2;
  }
  return machiya::feel::run_tck(argv[1], std::cout);
}
