internal import CGit
internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// Reads objects that lie in files of their own: a zlib stream of `<type> <size> NUL <contents>`.
///
/// Our own reader, because libgit2 may never return from a file that was cut short.
struct LooseObjects: Sendable {
  /// What stands in front of an object's contents.
  struct Header {
    let kind: ObjectDatabase.Kind
    let size: Int64
    /// How many bytes of the stream it takes.
    let length: Int
  }

  /// Longer than any header: the longest type, a space, the largest size, a NUL.
  private static let longestHeader = 32
  /// So much of a file gives its header for certain.
  private static let headerInput = 512
  /// Larger objects are damaged, or not read through memory.
  private static let largestObject: Int64 = 1 << 30

  /// The object directories, the first one asked first.
  let directories: [String]

  /// The kind and size of an object; nil where no directory has it as a file.
  func header(_ object: [UInt8]) throws(ProviderError) -> Header? {
    guard let start = try file(object, upTo: Self.headerInput) else { return nil }
    return try Self.header(of: start, object)
  }

  /// An object's kind, and its contents behind the bytes of its header; nil where no directory has it as a file.
  func read(_ object: [UInt8]) throws(ProviderError) -> (header: Header, stream: [UInt8])? {
    guard let input = try file(object, upTo: nil) else { return nil }
    let header = try Self.header(of: input, object)
    guard header.size <= Self.largestObject else { throw Self.damaged(object) }
    var isWhole = false
    let length = header.length + Int(header.size)
    let stream = [UInt8](unsafeUninitializedCapacity: length) { output, count in
      isWhole = projfs_inflate_exactly(input, input.count, output.baseAddress, length)
      count = isWhole ? length : 0
    }
    guard isWhole else { throw Self.damaged(object) }
    return (header, stream)
  }

  /// The start of an object's file, or all of it.
  private func file(_ object: [UInt8], upTo limit: Int?) throws(ProviderError) -> [UInt8]? {
    let digits = hexadecimal(object)
    for directory in directories {
      do throws(Errno) {
        let file = try FileCalls.open("\(directory)/\(digits.prefix(2))/\(digits.dropFirst(2))", O_RDONLY)
        let size = Int(try FileCalls.status(file.rawValue).st_size)
        return try FileCalls.read(file.rawValue, at: 0, count: min(size, limit ?? size))
      } catch {
        if error == .noSuchFileOrDirectory || error == .notDirectory { continue }
        throw .system(error, "object \(digits)")
      }
    }
    return nil
  }

  private static func header(of input: [UInt8], _ object: [UInt8]) throws(ProviderError) -> Header {
    let start = [UInt8](unsafeUninitializedCapacity: longestHeader) { output, count in
      count = Int(max(0, projfs_inflate_start(input, input.count, output.baseAddress, longestHeader)))
    }
    guard let end = start.firstIndex(of: 0), let space = start[..<end].firstIndex(of: UInt8(ascii: " ")) else {
      throw damaged(object)
    }
    let digits = start[(space + 1)..<end]
    guard let kind = kind(start[..<space]), let size = Int64(String(decoding: digits, as: UTF8.self)), size >= 0,
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { throw damaged(object) }
    return Header(kind: kind, size: size, length: end + 1)
  }

  private static func kind(_ name: ArraySlice<UInt8>) -> ObjectDatabase.Kind? {
    switch String(decoding: name, as: UTF8.self) {
    case "blob": .blob
    case "tree": .tree
    case "commit": .commit
    case "tag": .tag
    default: nil
    }
  }

  private static func damaged(_ object: [UInt8]) -> ProviderError {
    .damaged("object \(hexadecimal(object)): its file is no whole object")
  }
}
