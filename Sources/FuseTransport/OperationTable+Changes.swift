internal import CFuse
internal import Glibc
internal import Projection
internal import SystemPackage

/// The requests that change names, attributes and data.
extension OperationTable {
  static func addChangesOfNames(to table: inout fuse_lowlevel_ops) {
    table.mknod = { request, parent, name, mode, device in
      let kind = FileKind(mode: mode) ?? .file
      makeEntry(request, .makeNode, .node(kind, device: UInt64(device)), name, in: parent, mode: mode)
    }
    table.mkdir = { request, parent, name, mode in
      makeEntry(request, .makeDirectory, .directory, name, in: parent, mode: mode)
    }
    table.symlink = { request, target, parent, name in
      guard let target else { return }
      makeEntry(request, .makeSymbolicLink, .symbolicLink(target: bytes(target)), name, in: parent, mode: 0o777)
    }
    table.unlink = { request, parent, name in
      guard let request, let name else { return }
      let entry = bytes(name)
      server(of: request)?.serve(request, .unlink, .entry(entry, in: parent)) {
        server, caller throws(ProjectionError) in
        try await server.fileSystem.unlink(entry, in: NodeID(rawValue: parent), by: caller)
        return .done
      }
    }
    table.rmdir = { request, parent, name in
      guard let request, let name else { return }
      let entry = bytes(name)
      server(of: request)?.serve(request, .removeDirectory, .entry(entry, in: parent)) {
        server, caller throws(ProjectionError) in
        try await server.fileSystem.removeDirectory(entry, in: NodeID(rawValue: parent), by: caller)
        return .done
      }
    }
    table.rename = { request, parent, name, newParent, newName, flags in
      guard let request, let name, let newName else { return }
      let (old, new) = (bytes(name), bytes(newName))
      server(of: request)?.serve(request, .rename, .move(old, in: parent, to: new, inNew: newParent)) {
        server, caller throws(ProjectionError) in
        guard let mode = ProjectionCore.RenameMode(flags: flags) else { return .failure(.invalidArgument) }
        try await server.fileSystem.rename(
          old, in: NodeID(rawValue: parent), to: new, in: NodeID(rawValue: newParent), mode, by: caller)
        return .done
      }
    }
    table.link = { request, node, newParent, newName in
      guard let request, let newName else { return }
      let entry = bytes(newName)
      server(of: request)?.serve(request, .link, .link(node, to: entry, in: newParent)) {
        server, caller throws(ProjectionError) in
        .entry(
          try await server.fileSystem.link(
            NodeID(rawValue: node), to: entry, in: NodeID(rawValue: newParent), by: caller))
      }
    }
    table.create = { request, parent, name, mode, info in
      guard let request, let name, let info else { return }
      let entry = bytes(name)
      // It is new, so there is nothing to be emptied.
      let openMode = OpenMode(flags: info.pointee.flags).subtracting(.truncating)
      if entry == UnnamedFiles.name {
        server(of: request)?.serve(request, .createUnnamed, .node(parent)) { server, caller throws(ProjectionError) in
          _ = server.engine.decide()
          let created = try await server.fileSystem.createUnnamed(
            in: NodeID(rawValue: parent), permissions: UInt16(mode & 0o7777), for: openMode,
            with: server.engine.openFiles, by: caller)
          return .created(created, openMode)
        }
        return
      }
      server(of: request)?.serve(request, .create, .entry(entry, in: parent)) {
        server, caller throws(ProjectionError) in
        _ = server.engine.decide()
        let created = try await server.fileSystem.create(
          entry, in: NodeID(rawValue: parent), permissions: UInt16(mode & 0o7777), for: openMode,
          with: server.engine.openFiles, by: caller)
        return .created(created, openMode)
      }
    }
  }

  static func addChangesOfFiles(to table: inout fuse_lowlevel_ops) {
    table.setattr = { request, node, status, set, _ in
      guard let request, let status else { return }
      let wanted = status.pointee
      server(of: request)?.serve(request, .setAttributes, .node(node)) { server, caller throws(ProjectionError) in
        let node = NodeID(rawValue: node)
        let change = AttributeChange(wanted, set: set)
        return .attributes(
          node, try await server.fileSystem.change(node, change, with: server.engine.openFiles, by: caller))
      }
    }
    table.write = { request, node, data, size, offset, _ in
      guard let request else { return }
      let data = Array(UnsafeRawBufferPointer(start: data, count: size))
      server(of: request)?.serve(request, .write, .node(node)) { server, caller throws(ProjectionError) in
        try await server.fileSystem.write(
          data, to: NodeID(rawValue: node), at: Int64(offset), with: server.engine.openFiles, by: caller)
        return .written(data.count)
      }
    }
    table.fsync = { request, node, dataOnly, _ in sync(request, .sync, node, dataOnly: dataOnly != 0) }
    table.fsyncdir = { request, node, dataOnly, _ in sync(request, .syncDirectory, node, dataOnly: dataOnly != 0) }
    table.fallocate = { request, node, mode, offset, length, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .allocate, .node(node)) { server, caller throws(ProjectionError) in
        try await server.fileSystem.allocate(
          NodeID(rawValue: node), mode: mode, offset: Int64(offset), length: Int64(length),
          with: server.engine.openFiles, by: caller)
        return .done
      }
    }
    table.copy_file_range = { request, source, sourceOffset, _, target, targetOffset, _, count, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .copyRange, .node(target)) { server, caller throws(ProjectionError) in
        .written(
          try await server.fileSystem.copy(
            NodeID(rawValue: source), from: Int64(sourceOffset), to: NodeID(rawValue: target),
            at: Int64(targetOffset), count: count, with: server.engine.openFiles, by: caller))
      }
    }
    table.lseek = { request, node, offset, whence, _ in
      guard let request else { return }
      server(of: request)?.serve(request, .seek, .node(node)) { server, _ throws(ProjectionError) in
        // SEEK_DATA and SEEK_HOLE; the kernel does the others by itself.
        guard whence == 3 || whence == 4 else { return .failure(.invalidArgument) }
        return .offset(
          try await server.fileSystem.seek(NodeID(rawValue: node), from: Int64(offset), toHole: whence == 4))
      }
    }
  }

  static func addExtendedAttributes(to table: inout fuse_lowlevel_ops) {
    table.getxattr = { request, node, name, size in
      guard let request, let name else { return }
      let entry = bytes(name)
      server(of: request)?.serve(request, .getExtendedAttribute, .node(node)) { server, _ throws(ProjectionError) in
        do throws(ProjectionError) {
          let value = try await server.fileSystem.extendedAttribute(entry, of: NodeID(rawValue: node))
          return .value(value, capacity: size)
        } catch .noAttribute {
          // An answer, and no failure.
          return .absent(.noData)
        } catch .notSupported {
          return .absent(.notSupportedOnSocket)
        }
      }
    }
    table.listxattr = { request, node, size in
      guard let request else { return }
      server(of: request)?.serve(request, .listExtendedAttributes, .node(node)) {
        server, caller throws(ProjectionError) in
        .value(
          try await server.fileSystem.extendedAttributes(of: NodeID(rawValue: node), by: caller), capacity: size)
      }
    }
    table.setxattr = { request, node, name, value, size, flags in
      guard let request, let name else { return }
      let (attribute, content) = (bytes(name), Array(UnsafeRawBufferPointer(start: value, count: size)))
      server(of: request)?.serve(request, .setExtendedAttribute, .node(node)) {
        server, caller throws(ProjectionError) in
        try await server.fileSystem.setExtendedAttribute(
          attribute, of: NodeID(rawValue: node), to: content, flags: flags, by: caller)
        return .done
      }
    }
    table.removexattr = { request, node, name in
      guard let request, let name else { return }
      let entry = bytes(name)
      server(of: request)?.serve(request, .removeExtendedAttribute, .node(node)) {
        server, caller throws(ProjectionError) in
        try await server.fileSystem.removeExtendedAttribute(entry, of: NodeID(rawValue: node), by: caller)
        return .done
      }
    }
  }
}

extension ProjectionCore.RenameMode {
  /// What renameat2(2)'s flags say; nil for combinations that make no sense and for whiteouts, which are this file
  /// system's own affair.
  fileprivate init?(flags: UInt32) {
    switch flags {
    case 0: self = .replacing
    case 1: self = .keepingExisting
    case 2: self = .exchanging
    default: return nil
    }
  }
}
