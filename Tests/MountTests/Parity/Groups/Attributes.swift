extension ScenarioGroup {
  /// Extended attributes: setxattr(2), getxattr(2), listxattr(2), removexattr(2) and xattr(7).
  static let attributes = ScenarioGroup(
    name: "extended attributes",
    script: """
      scenario a value
      setxattr file user.test value
      getxattr file user.test
      getxattr file user.test 0
      getxattr file user.test 5
      getxattr file user.test 4
      listxattr file
      setxattr file user.test changed
      getxattr file user.test
      removexattr file user.test
      getxattr file user.test
      removexattr file user.test
      listxattr file
      cat file

      scenario nothing was set
      each file,dir,empty,dir/inner,link,tool listxattr {}
      each file,dir,empty,dir/inner,link,tool listxattr {} 0
      each file,dir,empty,dir/inner,link,tool getxattr {} user.test
      each file,dir,empty,dir/inner,link,tool removexattr {} user.test

      scenario attributes of directories
      each dir,dir/sub,. setxattr {} user.test value
      each dir,dir/sub,. getxattr {} user.test
      each dir,dir/sub,. listxattr {}
      mkdir new
      listxattr new
      setxattr new user.test value
      rename new newer
      getxattr newer user.test
      list dir
      put dir/new 0644
      listxattr dir/new
      removexattr dir user.test
      listxattr dir

      scenario empty values, and values of any bytes
      setxattr file user.empty @empty
      getxattr file user.empty
      getxattr file user.empty 0
      setxattr file user.bytes %00%01%ff%0a%00
      getxattr file user.bytes
      setxattr file user.%ff%01 odd
      getxattr file user.%ff%01
      listxattr file
      setxattr file user.empty now
      setxattr file user.empty @empty
      getxattr file user.empty

      scenario flags
      setxattr file user.a 1 REPLACE
      setxattr file user.a 1 CREATE
      setxattr file user.a 2 CREATE
      getxattr file user.a
      setxattr file user.a 3 REPLACE
      getxattr file user.a
      setxattr file user.b 1 CREATE,REPLACE
      setxattr file user.a 1 CREATE,REPLACE
      setxattr file user.a 1 UNKNOWN
      listxattr file

      scenario many names
      each 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20 setxattr file user.n{} v{}
      listxattr file
      each 1,9,20 getxattr file user.n{}
      listxattr file 0
      listxattr file 10
      each 1,3,5,7,9,11,13,15,17,19 removexattr file user.n{}
      listxattr file

      scenario how large
      setxattr file user.large @fill3000:x
      getxattr file user.large 0
      getxattr file user.large
      getxattr file user.large 2999
      setxattr file user.large @fill65537:x
      setxattr file user.large small
      getxattr file user.large

      scenario names
      setxattr file user. x
      setxattr file user x
      setxattr file @empty x
      setxattr file nothing.test x
      setxattr file test x
      setxattr file @fill255:x x
      setxattr file @fill256:x x
      getxattr file user.
      getxattr file nothing.test
      getxattr file @empty
      getxattr file @fill256:x
      removexattr file nothing.test
      removexattr file @empty
      removexattr file @fill256:x
      setxattr file user.%41 A
      listxattr file

      scenario links and what they point to
      setxattr link user.test value
      getxattr file user.test
      getxattr link user.test
      lgetxattr link user.test
      lsetxattr link user.test value
      lremovexattr link user.test
      llistxattr link
      listxattr link
      lgetxattr file user.test
      lsetxattr file user.l value
      setxattr dangling user.test value
      lsetxattr dangling user.test value
      lsetxattr link trusted.test value
      lgetxattr link trusted.test
      llistxattr link
      lremovexattr link trusted.test

      scenario nodes
      mkfifo p 0644
      mknod c char:1:3 0644
      bind s
      each p,c,s setxattr {} user.test value
      each p,c,s getxattr {} user.test
      each p,c,s listxattr {}
      each p,c,s setxattr {} trusted.test value
      each p,c,s getxattr {} trusted.test
      each p,c,s removexattr {} user.test

      scenario through an open file
      open file O_RDONLY -> r
      fsetxattr r user.test value
      fgetxattr r user.test
      flistxattr r
      unlink file
      fsetxattr r user.more value
      flistxattr r
      fremovexattr r user.test
      flistxattr r
      open dir O_RDONLY -> d
      fsetxattr d user.test value
      fgetxattr d user.test

      scenario paths that lead nowhere
      symlink loop loop
      each missing,missing/x,file/x,link/x,dangling,loop,loop/x,@empty,@name256,@path4096:file setxattr {} user.a b
      each missing,missing/x,file/x,link/x,dangling,loop,loop/x,@empty,@name256,@path4096:file getxattr {} user.a
      each missing,missing/x,file/x,link/x,dangling,loop,loop/x,@empty,@name256,@path4096:file listxattr {}
      each missing,missing/x,file/x,link/x,dangling,loop,loop/x,@empty,@name256,@path4096:file removexattr {} user.a
      each file/,dir/,link/ setxattr {} user.a b

      scenario permissions of user attributes
      setxattr file user.test value
      as 1001 getxattr file user.test
      as 1001 listxattr file
      as 1001 setxattr file user.test x
      as 1001 removexattr file user.test
      chmod file 0600
      as 1001 getxattr file user.test
      as 1001 getxattr file user.missing
      as 1001 listxattr file
      chmod file 0222
      as 1001 setxattr file user.test y
      as 1001 getxattr file user.test
      chmod file 0444
      chown file 1001 -
      as 1001 setxattr file user.test z
      as 1001 removexattr file user.test
      chmod dir 0600
      as 1001 getxattr dir/inner user.test
      as 1001 listxattr dir/inner
      getxattr file user.test

      scenario user attributes in sticky directories
      mkdir sticky
      chmod sticky 01777
      as 1001 setxattr sticky user.test value
      setxattr sticky user.test value
      as 1001 getxattr sticky user.test
      chmod sticky 0777
      as 1001 setxattr sticky user.test value

      scenario trusted attributes are root's
      setxattr file trusted.test value
      getxattr file trusted.test
      listxattr file
      as 1001 getxattr file trusted.test
      as 1001 setxattr file trusted.test value
      as 1001 removexattr file trusted.test
      as 1001 listxattr file
      removexattr file trusted.test

      scenario security attributes
      setxattr file security.test value
      getxattr file security.test
      as 1001 getxattr file security.test
      as 1001 setxattr file security.test x
      listxattr file
      setxattr tool security.capability %01%00%00%02%00%04%00%00%00%00%00%00%00%00%00%00%00%00%00%00
      getxattr tool security.capability
      open tool O_WRONLY -> h
      write h #!/bin/sh
      getxattr tool security.capability
      setxattr tool security.capability %01%00%00%02%00%04%00%00%00%00%00%00%00%00%00%00%00%00%00%00
      chown tool 1001 -
      getxattr tool security.capability

      scenario access control lists
      getxattr file system.posix_acl_access
      getxattr dir system.posix_acl_default
      setxattr file system.posix_acl_access nonsense
      removexattr file system.posix_acl_access

      scenario attributes of the system that nobody knows
      setxattr file system.nothing x
      getxattr file system.nothing

      scenario an access control list that grants
      chmod file 0600
      setxattr file system.posix_acl_access @acl1001
      stat file mode
      listxattr file
      as 1001 open file O_RDONLY
      as 1002 open file O_RDONLY

      scenario attributes go where the file goes
      setxattr file user.test value
      rename file dir/new
      getxattr dir/new user.test
      link dir/new linked
      getxattr linked user.test
      setxattr linked user.test changed
      getxattr dir/new user.test
      open linked O_WRONLY,O_TRUNC
      getxattr linked user.test
      chmod linked 0600
      chown linked 1001 1001
      getxattr linked user.test
      put file 0644 another
      listxattr file
      rename file linked
      listxattr linked
      getxattr dir/new user.test

      scenario attributes do not change the content
      setxattr big user.test value
      stat big size,mode,nlink
      cat big
      open big O_WRONLY -> h
      write h START
      getxattr big user.test
      open big O_RDONLY -> r
      pread r 10 0
      fgetxattr r user.test

      """)
}
