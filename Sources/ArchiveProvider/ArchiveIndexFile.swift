internal import CArchive
internal import Glibc
internal import Posix
internal import SystemPackage

/// An index on the disk, for the next projection of the same version of an archive on this machine: the numbers as they are
/// in memory, behind their checksum. A file that is not as it was written is made anew.
enum ArchiveIndexFile {
  /// Changes with everything that an index, or what is numbered in it, depends on.
  private static let magic = Array("projfs archive index 1\n".utf8)

  /// What the index of an archive is called: by its version, so that another one never finds it.
  static func name(_ file: ArchiveFile) -> String {
    let digits = file.version.encoded.map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }
    return digits.joined() + ".archive-index"
  }

  /// The index that is kept in `directory`; nil where there is none that can be used.
  static func load(_ file: ArchiveFile, in directory: CacheDirectory) -> ArchiveIndex? {
    directory.contents(of: name(file)).flatMap { decode($0, version: file.version.encoded) }
  }

  /// Keeps an index in `directory`.
  static func save(_ index: ArchiveIndex, _ file: ArchiveFile, in directory: CacheDirectory) throws(Errno) {
    // Nobody's data: after a power cut its checksum tells.
    try directory.replace(name(file), with: encode(index, version: file.version.encoded))
  }

  static func encode(_ index: ArchiveIndex, version: [UInt8]) -> [UInt8] {
    var body = version
    let counts = [
      version.count, index.directories.count, index.entries.count, index.contents.count, index.rejections.count,
      index.text.count,
    ].map(UInt64.init)
    append(index.directories, to: &body)
    append(index.entries, to: &body)
    append(index.contents, to: &body)
    append(index.rejections, to: &body)
    body += index.text
    var head: [UInt8] = []
    append(counts, to: &head)
    return magic + number(checksum(head, body)) + head + body
  }

  static func decode(_ bytes: [UInt8], version: [UInt8]) -> ArchiveIndex? {
    var rest = bytes[...]
    guard rest.starts(with: magic) else { return nil }
    rest = rest.dropFirst(magic.count)
    guard let sum: [UInt32] = take(1, from: &rest) else { return nil }
    let head = rest.prefix(48)
    guard checksum(Array(head), Array(rest.dropFirst(48))) == sum[0] else { return nil }
    guard let counts: [UInt64] = take(6, from: &rest), counts[0] == version.count, rest.starts(with: version) else {
      return nil
    }
    rest = rest.dropFirst(version.count)
    var index = ArchiveIndex()
    guard let directories: [ArchiveIndex.Directory] = take(counts[1], from: &rest),
      let entries: [ArchiveIndex.Entry] = take(counts[2], from: &rest),
      let contents: [ArchiveIndex.Content] = take(counts[3], from: &rest),
      let rejections: [ArchiveIndex.Rejection] = take(counts[4], from: &rest),
      UInt64(rest.count) == counts[5]
    else { return nil }
    (index.directories, index.entries, index.contents, index.rejections) = (directories, entries, contents, rejections)
    index.text = Array(rest)
    return index
  }

  private static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  private static func append<Record: BitwiseCopyable>(_ records: [Record], to bytes: inout [UInt8]) {
    records.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  /// Takes records off the front; nil where there are fewer.
  private static func take<Record: BitwiseCopyable>(_ count: UInt64, from bytes: inout ArraySlice<UInt8>) -> [Record]? {
    let (length, overflow) = count.multipliedReportingOverflow(by: UInt64(MemoryLayout<Record>.stride))
    guard !overflow, length <= UInt64(bytes.count) else { return nil }
    defer { bytes = bytes.dropFirst(Int(length)) }
    return [Record](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
      bytes.withUnsafeBytes { memory in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<Int(length)]))
      }
      initialized = Int(count)
    }
  }

  private static func checksum(_ head: [UInt8], _ body: [UInt8]) -> UInt32 {
    let first = head.withUnsafeBytes { memory in
      memory.baseAddress.map { projfs_crc32(0, $0, memory.count) } ?? 0
    }
    return body.withUnsafeBytes { memory in
      memory.baseAddress.map { projfs_crc32(first, $0, memory.count) } ?? first
    }
  }
}
