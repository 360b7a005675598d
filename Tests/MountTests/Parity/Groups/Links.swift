extension ScenarioGroup {
  /// link(2), linkat(2), symlink(2) and readlink(2).
  static let links = ScenarioGroup(
    name: "links",
    script: """
      scenario a hard link of a new file
      put new 0640 text
      link new other-name
      ino new one
      ino other-name two
      same one two
      each new,other-name stat {} type,mode,size,nlink,uid,gid
      list .

      scenario a hard link of a file that was there
      ino file before
      link file dir/linked
      ino file one
      ino dir/linked two
      same one two
      same before one
      each file,dir/linked stat {} mode,size,nlink,uid,gid
      cat dir/linked
      list dir

      scenario what is changed by one name is seen by the other
      link file linked
      open linked O_WRONLY -> h
      write h FIRST
      cat file
      chmod file 0600
      chown linked 1001 2001
      truncate linked 9
      utimensat file 100 200
      setxattr file user.test value
      getxattr linked user.test
      each file,linked stat {} mode,uid,gid,size,nlink,atime,mtime
      cat linked

      scenario names come and go
      link file a
      link a b
      link b dir/c
      each file,a,b,dir/c stat {} nlink
      unlink file
      rename a dir/a
      each dir/a,b,dir/c stat {} nlink
      unlink dir/c
      unlink b
      cat dir/a
      stat dir/a nlink
      link dir/a file
      cat file
      stat file nlink

      scenario a file that is open gets another name
      open file O_RDWR -> h
      link file linked
      fstat h nlink
      write h FIRST
      cat linked
      unlink file
      unlink linked
      fstat h nlink
      linkfd h again
      pread h 5 0

      scenario a name is replaced by one that was linked to
      link file linked
      put new 0644 text
      rename new linked
      stat file nlink
      cat linked
      cat file

      scenario a file that was changed before
      open file O_WRONLY -> h
      write h FIRST
      close h
      link file linked
      unlink file
      cat linked
      link linked file
      ino file one
      ino linked two
      same one two

      scenario linking onto something
      each file,empty,dir,link,dangling,to-dir,.,.. link file {}
      each empty,dir link missing {}
      list .

      scenario linking directories
      link dir new
      link . new
      link dir/sub other/sub
      link to-dir new-link
      lstat new-link type
      chmod . 0777
      as 1001 link dir new
      mkdir new
      link new newer
      list .

      scenario a hard link of a symbolic link
      link link linked
      ino link one
      ino linked two
      same one two
      lstat link type,nlink
      readlink linked
      unlink link
      readlink linked
      link dangling dangling2
      lstat dangling2 type,nlink

      scenario linkat
      linkat link followed SYMLINK_FOLLOW
      lstat followed type,nlink
      linkat dangling new SYMLINK_FOLLOW
      linkat to-dir new SYMLINK_FOLLOW
      linkat file new UNKNOWN
      linkat file new -
      open file O_RDONLY -> h
      at h linkat @empty fresh EMPTY_PATH
      open dir O_RDONLY -> d
      open other O_RDONLY -> o
      at d,o link inner linked
      list other
      stat file nlink

      scenario paths that lead nowhere
      symlink loop loop
      each missing/x,file/x,link/x,dangling/x,loop/x,@empty,@name256,@path4096:file link {} new
      each missing/x,empty/x,link/x,dangling/x,loop/x,@empty,@name256,@path4096:new link file {}
      each file/,link/,dangling/ link {} new
      each new/,new/.,dir/ link file {}
      link @path4095:file @name255
      stat file nlink
      link missing missing
      link loop loop2
      list .

      scenario permissions
      as 1001 link file new
      chmod . 0777
      as 1001 link file new
      chown file 1001 -
      as 1001 link file new
      as 1002 link file newer
      chmod file 0666
      as 1002 link file newer
      chmod dir 0755
      as 1001 link file dir/new
      as 1001 link dir/inner inner
      chmod dir 0666
      as 1001 link dir/inner inner
      as 1001 link missing dir/new
      chmod other 0777
      as 1001 link file other/new
      list other

      scenario many links
      each 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20 link file l{}
      stat file nlink
      each 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19 unlink l{}
      stat l20 nlink

      scenario across file systems
      link file /proc/new
      link /proc/self/status new
      link file /sys/new

      scenario a symbolic link
      symlink file new
      lstat new type,mode,size,nlink,uid,gid,blocks
      readlink new
      cat new
      stat new type
      umask 0777
      symlink x newer
      lstat newer mode
      chmod . 0777
      as 1001:2001 symlink target of-user
      lstat of-user uid,gid

      scenario targets of symbolic links
      symlink @empty empty-target
      symlink @name255 t255
      symlink @path4095:file t4095
      symlink @path4096:file t4096
      symlink @fill59:x t59
      symlink @fill60:x t60
      each t255,t4095,t59,t60 lstat {} size
      cat t4095
      symlink %ff%01%20/ odd
      readlink odd
      readlink t60
      readlink link 2
      readlink link 0
      symlink . dot
      list dot/dir

      scenario symlink onto something
      each file,empty,dir,link,dangling,to-dir,.,..,dir/.,dir/.. symlink x {}
      each new/,file/,dir/,dangling/ symlink x {}
      list .

      scenario symlink by paths that lead nowhere
      symlink loop loop
      each missing/x,file/x,link/x,dangling/x,loop/x,@empty,@name256,@path4096:new symlink t {}
      symlink t @name255
      symlink t @path4095:new

      scenario readlink of what is no link
      each file,dir,missing,missing/x,file/x,@empty,@name256,link/,to-dir/ readlink {}
      mkfifo p 0644
      readlink p
      as 1001 readlink link
      chmod dir 0666
      symlink x dir/l
      as 1001 readlink dir/l

      scenario permissions of symlink
      as 1001 symlink t new
      as 1001 symlink t dir/new
      chmod dir 0777
      as 1001 symlink t dir/new
      chmod dir 0666
      as 1001 symlink t dir/newer
      list dir

      scenario links to links
      chain c 41 file
      each c1,c39,c40,c41 stat {} size
      chain d 41 dir
      each d39,d40,d41 stat {}/inner size
      each d38,d39,d40 stat {}/sub/../../to-dir/inner size
      lstat c41 type
      symlink a b
      symlink b a
      each stat,lstat,readlink,cat {} a

      scenario links up and down
      symlink ../dir/inner other/to-inner
      cat other/to-inner
      rename other/to-inner moved
      cat moved
      symlink dir/sub to-sub
      list to-sub
      stat to-sub/../inner size
      put to-sub/new 0644 text
      cat dir/sub/new
      unlink to-sub/new
      rename dir dir2
      list to-sub
      stat to-sub

      scenario attributes of symbolic links
      lchown link 1001 2001
      lstat link uid,gid
      stat file uid,gid
      utimensat link 100 200 NOFOLLOW
      lstat link atime,mtime
      chown link 1002 -
      lstat link uid
      stat file uid
      chmod link 0600
      lstat link mode
      stat file mode
      chmod dangling 0600
      chown dangling 0 0
      lchown dangling 5 5
      truncate dangling 0
      utimensat dangling now now
      utimensat dangling 7 7 NOFOLLOW
      lstat dangling uid,mtime

      """)
}
