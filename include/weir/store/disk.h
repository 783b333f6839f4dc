// Where the store writes: RocksDB's own seam for file systems, so that tests can have disks fail.
#pragma once

namespace rocksdb {
class Env;
}

namespace weir {

/// Null: the machine's file system. Outlives all that uses it.
using DiskEnv = rocksdb::Env*;

}  // namespace weir
