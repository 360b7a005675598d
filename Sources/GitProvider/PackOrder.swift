internal import CGit
internal import Glibc
internal import Posix
public import Provider
internal import SystemPackage

/// The packs of some object directories as they were at one moment: where objects lie in them (gitformat-pack(5)), and the
/// blobs that are stored whole.
///
/// Only for what is quicker this way: whatever is not found here, or does not look right, libgit2 is asked for.
final class PackOrder: Sendable {
  /// Where an object lies.
  struct Place: Comparable {
    let pack: Int
    let offset: UInt64

    static func < (left: Place, right: Place) -> Bool { (left.pack, left.offset) < (right.pack, right.offset) }
  }

  private let indexes: [PackIndex]

  /// Opens the indexes. One that cannot be read is as if it were not there: this is about order alone.
  init(directories: [String]) {
    indexes = directories.flatMap { directory in
      ((try? FileCalls.names("\(directory)/pack")) ?? []).filter { $0.hasSuffix(".idx") }.sorted().compactMap {
        PackIndex("\(directory)/pack/\($0)")
      }
    }
  }

  /// A blob of up to `limit` bytes that is no difference from another one; nil where there is none, or it is damaged. Its
  /// bytes are valid inside `body`.
  func withBlob<Result>(
    _ object: [UInt8], upTo limit: Int, _ inflater: OpaquePointer,
    _ body: (UnsafeRawBufferPointer) throws(ProviderError) -> Result
  ) throws(ProviderError) -> Result? {
    guard let place = place(of: object), let (size, stream) = indexes[place.pack].blob(at: place.offset), size <= limit
    else { return nil }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, size), alignment: 16)
    defer { memory.deallocate() }
    let isWhole = projfs_inflater_run(
      inflater, stream.baseAddress?.assumingMemoryBound(to: UInt8.self), stream.count,
      memory.baseAddress?.assumingMemoryBound(to: UInt8.self), size)
    return isWhole ? try body(UnsafeRawBufferPointer(rebasing: memory[..<size])) : nil
  }

  /// Where an object lies; nil where no pack has it.
  func place(of object: [UInt8]) -> Place? {
    for (pack, index) in indexes.enumerated() {
      if let offset = index.offset(of: object) { return Place(pack: pack, offset: offset) }
    }
    return nil
  }
}

/// One index of version 2 and its pack, mapped into memory.
// SAFETY of @unchecked: the mappings are only read, and last as long as this lives.
private final class PackIndex: @unchecked Sendable {
  private static let header: [UInt8] = [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]
  private static let fanOut = 8
  private static let names = 8 + 256 * 4

  private static let blobType: UInt8 = 3

  private let bytes: UnsafeRawBufferPointer
  private let pack: UnsafeRawBufferPointer
  private let count: Int

  init?(_ path: String) {
    guard let bytes = Self.map(path), bytes.count > Self.names else { return nil }
    let count = Int(Self.number(bytes, at: Self.fanOut + 255 * 4))
    // Names, checksums, offsets, and behind them what is not asked for.
    guard bytes.starts(with: Self.header), Self.names + count * (TreeReader.idLength + 8) <= bytes.count,
      let pack = Self.map(path.dropLast("idx".count) + "pack")
    else {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
      return nil
    }
    self.bytes = bytes
    self.count = count
    self.pack = pack
  }

  deinit {
    for mapping in [bytes, pack] { munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count) }
  }

  private static func map(_ path: String) -> UnsafeRawBufferPointer? {
    guard let file = try? FileCalls.open(path, O_RDONLY), let status = try? FileCalls.status(file.rawValue),
      status.st_size > 0, let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, file.rawValue, 0),
      start != MAP_FAILED
    else { return nil }
    return UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
  }

  /// The size of the blob that the pack has at an offset, and its zlib stream, with what follows it; nil where something else
  /// is there.
  func blob(at offset: UInt64) -> (size: Int, stream: UnsafeRawBufferPointer)? {
    guard var place = Int(exactly: offset), place < pack.count else { return nil }
    // The type in three bits, and the size in four, and then seven bits at a time, the lowest first.
    var byte = pack[place]
    guard (byte >> 4) & 7 == Self.blobType else { return nil }
    var size = UInt64(byte & 15)
    var shift: UInt64 = 4
    while byte & 0x80 != 0 {
      place += 1
      guard place < pack.count, shift < 57 else { return nil }
      byte = pack[place]
      size |= UInt64(byte & 0x7f) << shift
      shift += 7
    }
    guard let length = Int(exactly: size) else { return nil }
    return (length, UnsafeRawBufferPointer(rebasing: pack[(place + 1)...]))
  }

  /// The object's place in the pack.
  func offset(of object: [UInt8]) -> UInt64? {
    guard object.count == TreeReader.idLength, let first = object.first else { return nil }
    var lower = first == 0 ? 0 : Int(Self.number(bytes, at: Self.fanOut + (Int(first) - 1) * 4))
    var upper = min(count, Int(Self.number(bytes, at: Self.fanOut + Int(first) * 4)))
    while lower < upper {
      let middle = (lower + upper) / 2
      let name = bytes[(Self.names + middle * TreeReader.idLength)...].prefix(TreeReader.idLength)
      if name.elementsEqual(object) { return offset(at: middle) }
      if name.lexicographicallyPrecedes(object) { lower = middle + 1 } else { upper = middle }
    }
    return nil
  }

  private func offset(at place: Int) -> UInt64? {
    let offsets = Self.names + count * (TreeReader.idLength + 4)
    let small = Self.number(bytes, at: offsets + place * 4)
    guard small & 0x8000_0000 != 0 else { return UInt64(small) }
    let large = offsets + count * 4 + Int(small & 0x7fff_ffff) * 8
    guard large + 8 <= bytes.count else { return nil }
    return UInt64(Self.number(bytes, at: large)) << 32 | UInt64(Self.number(bytes, at: large + 4))
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, at place: Int) -> UInt32 {
    UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
  }
}

extension GitContent: FetchOrderProvider {
  /// The order in which the packs have the blobs.
  public func fetchOrder(of contents: [ContentID]) async throws -> [Int] {
    let order = pool.packs()
    let places = contents.map { order.place(of: Array($0.bytes.prefix(TreeReader.idLength))) }
    let packed = places.indices.filter { places[$0] != nil }.sorted { left, right in
      guard let left = places[left], let right = places[right] else { return false }
      return left < right
    }
    return packed + places.indices.filter { places[$0] == nil }
  }
}
