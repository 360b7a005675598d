internal import CFuse

/// How requests for files without a name (open(2) with `O_TMPFILE`) get through libfuse, which before 3.17 does not know
/// them.
///
/// The kernel's TMPFILE is a CREATE with another number: the same arguments, of which the name means nothing, and the
/// same reply. So it passes through libfuse as the CREATE of a name that no file can have, and is interrupted and
/// answered like one.
enum UnnamedFiles {
  /// The name that stands for none.
  static let name = Array("/".utf8)

  // By the kernel's numbers.
  private static let tmpfile: UInt32 = 51
  private static let create: UInt32 = 35

  /// Where the opcode and the name are: behind the length in struct fuse_in_header, which takes 40 bytes, and behind
  /// struct fuse_create_in, which takes 16.
  private static let opcodeOffset = 4
  private static let nameOffset = 40 + 16

  /// Lets a request for a file without a name pass as a CREATE; leaves others alone.
  static func disguise(_ request: fuse_buf) {
    guard let header = request.mem, request.size > nameOffset + 1,
      header.loadUnaligned(fromByteOffset: opcodeOffset, as: UInt32.self) == tmpfile
    else { return }
    header.storeBytes(of: create, toByteOffset: opcodeOffset, as: UInt32.self)
    header.storeBytes(of: UInt8(ascii: "/"), toByteOffset: nameOffset, as: UInt8.self)
    header.storeBytes(of: 0, toByteOffset: nameOffset + 1, as: UInt8.self)
  }
}
