/// Adds extensions to an index file of git's.
enum IndexSplice {
  /// The index with an fsmonitor extension, in which every entry is as `token` has it, and an untracked cache.
  ///
  /// What stands in the place of the checksum is not one: git has to write the file once more.
  static func adding(
    token: String, _ untracked: UntrackedCacheWriter, of tree: DirectoryTree, to index: [UInt8]
  ) -> [UInt8] {
    var bytes = index
    bytes.removeLast(min(bytes.count, IndexReader.idLength))
    append("FSMN", fsmonitor(token), to: &bytes)
    append("UNTR", untracked.payload(tree), to: &bytes)
    bytes += [UInt8](repeating: 0, count: IndexReader.idLength)
    return bytes
  }

  /// Version 2 of the extension: the token, and a bitmap of the entries that are *not* valid. There are none: git itself
  /// leaves out submodules when it reads it.
  private static func fsmonitor(_ token: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: UInt32(2))
    bytes += Array(token.utf8) + [0]
    let bitmap = EWAHBitmap.serialize(count: 0) { _ in false }
    bytes.append(bigEndian: UInt32(truncatingIfNeeded: bitmap.count))
    return bytes + bitmap
  }

  private static func append(_ name: String, _ payload: [UInt8], to bytes: inout [UInt8]) {
    bytes += Array(name.utf8)
    bytes.append(bigEndian: UInt32(truncatingIfNeeded: payload.count))
    bytes += payload
  }
}
