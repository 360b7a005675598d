internal import Posix

/// What the kernel lets this process do.
enum Privileges {
  /// Whether backing files may be registered: CAP_SYS_ADMIN in the initial user namespace.
  static var allowPassthrough: Bool {
    guard let map = try? FileCalls.contents("/proc/self/uid_map"),
      let status = try? FileCalls.contents("/proc/self/status")
    else { return false }
    // user_namespaces(7): the initial one maps every number to itself.
    let isInitial =
      String(decoding: map, as: UTF8.self).split(whereSeparator: \.isWhitespace) == ["0", "0", "4294967295"]
    let effective = String(decoding: status, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("CapEff:") }?.split(whereSeparator: \.isWhitespace).last
      .flatMap { UInt64($0, radix: 16) }
    // capabilities(7): CAP_SYS_ADMIN is number 21.
    return isInitial && (effective ?? 0) & 1 << 21 != 0
  }
}
