internal import Glibc
internal import Posix
internal import Provider
internal import SystemPackage

/// Reads the headers of all members, once.
struct ArchiveIndexer {
  let file: ArchiveFile
  /// What the file is decompressed to, where it is compressed as a whole.
  let stream: DecodedStream?

  /// The index of the archive. Blocks for as long as reading the archive takes; nil where it is no archive.
  func index() throws(ProviderError) -> ArchiveIndex? {
    let isZip = file.kind == .zip
    let input: any ArchiveInput = stream ?? file
    let reader = try ArchiveReader(
      isZip ? .zip : .stream, input, length: stream == nil ? file.version.size : nil, name: file.path)
    var builder = TreeBuilder()
    var number: UInt32 = 0
    while true {
      let member: ArchiveMember?
      do throws(ProviderError) {
        member = try reader.next()
      } catch {
        if let failure = stream?.lastFailure { throw failure }
        if number == 0, reader.isUnknown { return try file.isZipWithoutMembers() ? builder.finish() : nil }
        throw error
      }
      guard let member else { break }
      try add(member, number, from: reader, to: &builder)
      guard number < .max else { throw .unsupported("the archive has too many members") }
      number += 1
    }
    let index = try builder.finish()
    // To the end, so that what is damaged or cut short is found now.
    if let stream { try readThrough(stream, index) }
    return index
  }

  private func readThrough(_ stream: DecodedStream, _ index: ArchiveIndex) throws(ProviderError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: DecodedStream.mostBytes, alignment: 16)
    defer { buffer.deallocate() }
    while stream.length == nil {
      guard stream.read(at: stream.end, into: buffer) >= 0 else {
        throw stream.lastFailure ?? .damaged("archive '\(file.path)' cannot be decompressed")
      }
    }
    let length = stream.length ?? 0
    for content in index.contents where content.form == ArchiveIndex.Content.Form.direct.rawValue {
      guard content.offset <= length, content.size <= length - content.offset else {
        throw .damaged("archive '\(file.path)' is cut short in member \(content.member)")
      }
    }
  }

  private func add(
    _ member: ArchiveMember, _ number: UInt32, from reader: ArchiveReader, to builder: inout TreeBuilder
  ) throws(ProviderError) {
    guard let path = member.path else {
      return builder.reject([], "member \(number) has a name that cannot be converted")
    }
    if let target = member.hardLink {
      let size = member.size ?? 0
      let content = size > 0 ? try content(of: member, number, size: size, from: reader) : nil
      return builder.addHardLink(path, to: target, content: content)
    }
    switch mode_t(truncatingIfNeeded: member.mode) & S_IFMT {
    case S_IFLNK:
      let target = member.symbolicLink ?? []
      guard !target.isEmpty, target.count < Int(PATH_MAX) else {
        return builder.reject(path, "a symbolic link to nothing")
      }
      let content = ArchiveIndex.Content(
        offset: builder.keep(target), size: Int64(target.count), member: number,
        form: ArchiveIndex.Content.Form.link.rawValue)
      builder.add(path, mode: member.mode, content: content)
    case S_IFREG:
      var size = member.size
      if size == nil { size = try count(reader, member) }
      let content = try content(of: member, number, size: size ?? 0, from: reader)
      builder.add(path, mode: member.mode, content: content)
    default:
      builder.add(path, mode: member.mode, content: nil)
    }
  }

  /// How many bytes a member has whose header does not say so.
  private func count(_ reader: ArchiveReader, _ member: ArchiveMember) throws(ProviderError) -> Int64 {
    if member.isEncrypted { return 0 }
    var size: Int64 = 0
    while try reader.nextBlock({ block, offset in size = max(size, offset + Int64(block.count)) }) {}
    return size
  }

  private func content(
    of member: ArchiveMember, _ number: UInt32, size: Int64, from reader: ArchiveReader
  ) throws(ProviderError) -> ArchiveIndex.Content {
    let form: ArchiveIndex.Content.Form
    var offset: Int64 = 0
    if member.isEncrypted {
      form = .encrypted
    } else if file.kind == .zip {
      let header = try localHeader(endingAt: member.dataOffset)
      form = header == nil ? .counted : .zipped
      offset = header ?? 0
    } else if member.isSparse {
      form = .sparse
      offset = member.headerOffset
    } else {
      form = .direct
      offset = member.dataOffset
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow, stream != nil || end <= file.version.size else {
        throw .damaged("archive '\(file.path)' is cut short in member \(number)")
      }
    }
    return .init(offset: offset, size: size, member: number, form: form.rawValue)
  }

  /// Where the local header of a zip's member begins whose data begins at `end`: libarchive tells only the latter. nil where
  /// there is none that helps; then the member is found by counting.
  private func localHeader(endingAt end: Int64) throws(ProviderError) -> Int64? {
    for reach in [Int64(512), 132_000] {
      let start = max(0, end - reach)
      guard end - start >= 30 else { return nil }
      let bytes = try file.read(at: start, count: Int(end - start))
      guard bytes.count == Int(end - start) else { return nil }
      var place = bytes.count - 30
      while place >= 0 {
        // The signature, and the lengths of the name and of what follows it.
        if bytes[place] == 0x50, bytes[place + 1] == 0x4b, bytes[place + 2] == 3, bytes[place + 3] == 4 {
          let name = Int(bytes[place + 26]) | Int(bytes[place + 27]) << 8
          let extra = Int(bytes[place + 28]) | Int(bytes[place + 29]) << 8
          if place + 30 + name + extra == bytes.count {
            // What is stored as it is and has its size behind it ends nowhere, for who comes from the front.
            let isEndless = bytes[place + 6] & 8 != 0 && bytes[place + 8] == 0
            return isEndless ? nil : start + Int64(place)
          }
        }
        place -= 1
      }
    }
    return nil
  }
}
