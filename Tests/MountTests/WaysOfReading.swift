import Glibc
import Posix
import SystemPackage

/// Reads a whole file through a mapping.
func readMapped(_ path: String) throws -> [UInt8] {
  let file = try FileCalls.open(path, O_RDONLY)
  let size = Int(try FileCalls.status(file.rawValue).st_size)
  let address = mmap(nil, size, PROT_READ, MAP_SHARED, file.rawValue, 0)
  guard let address, address != MAP_FAILED else { throw Errno.current }
  defer { munmap(address, size) }
  return Array(UnsafeRawBufferPointer(start: address, count: size))
}

/// Reads a whole file past the page cache.
func readDirectly(_ path: String) throws -> [UInt8] {
  // O_DIRECT, which the C library shows to programs that ask for GNU's extensions only.
  let file = try FileCalls.open(path, O_RDONLY | 0o40000)
  let size = Int(try FileCalls.status(file.rawValue).st_size)
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: (size + 4095) & ~4095, alignment: 4096)
  defer { buffer.deallocate() }
  let count = try FileCalls.read(file.rawValue, at: 0, into: buffer)
  return Array(buffer[..<count])
}
