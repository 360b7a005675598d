extension ScenarioGroup {
  /// unlink(2), and files that are open when their names go.
  static let unlink = ScenarioGroup(
    name: "unlink",
    script: """
      scenario every kind of name
      mkfifo fifo 0644
      mknod device char:1:3 0644
      mknod socket socket 0644
      each file,empty,link,dangling,to-dir,fifo,device,socket,dir/inner,dir/sub/deep unlink {}
      list .
      list dir
      each file,empty,link,dangling,to-dir,fifo,device,socket,dir/inner,dir/sub/deep unlink {}
      stat dir type

      scenario and the same name again
      unlink file
      open file O_RDONLY
      open file O_CREAT,O_EXCL,O_WRONLY 0600 -> h
      write h another
      cat file
      stat file mode,nlink,size
      unlink file
      mkdir file
      list file
      rmdir file
      symlink dir file
      list file
      unlink file
      mkfifo file 0644
      lstat file type
      list .

      scenario the file that a link points to
      unlink link
      cat file
      unlink to-dir
      list dir

      scenario directories
      each dir,other,dir/sub,.,..,dir/.,dir/.. unlink {}
      mkdir new
      unlink new
      as 1001 unlink new
      chmod . 0777
      as 1001 unlink new
      as 1001 unlink dir
      list .

      scenario slashes at the end
      each file/,dir/,link/,dangling/,to-dir/,missing/ unlink {}
      list .

      scenario paths that lead nowhere
      symlink loop loop
      each missing,missing/x,file/x,link/x,dangling/x,loop/x,@empty,@name256,@path4096:file unlink {}
      unlink @path4095:file
      unlink loop
      list .

      scenario permissions
      as 1001 unlink file
      as 1001 unlink dir/inner
      as 1001 unlink missing
      chmod dir 0777
      as 1001 unlink dir/inner
      chmod dir 0666
      as 1001 unlink dir/sub/deep
      as 1001 unlink dir/missing
      chmod dir 0333
      chmod dir/sub 0333
      as 1001 unlink dir/sub/deep
      chmod . 0777
      chmod file 0
      as 1001 unlink file
      list .

      scenario a sticky directory
      mkdir sticky
      chmod sticky 01777
      as 1001 put sticky/a 0666 a
      as 1002 put sticky/b 0666 b
      put sticky/c 0666 c
      as 1001 symlink x sticky/l
      each b,c,a as 1001 unlink sticky/{}
      as 1002 unlink sticky/l
      as 1001 unlink sticky/l
      as 1001 unlink sticky/missing
      chown sticky 1003 -
      each b,c as 1003 unlink sticky/{}
      list sticky

      scenario a sticky directory with files that were there
      chmod dir 01777
      as 1001 unlink dir/inner
      chown dir/inner 1001 -
      as 1001 unlink dir/inner
      chown dir 1002 -
      as 1002 rename dir/sub dir/sub2
      list dir

      scenario a file that is open
      open file O_RDWR -> h
      unlink file
      stat file
      fstat h nlink,size,mode
      pread h 100 0
      pwrite h 0 FIRST
      pread h 100 0
      ftruncate h 3
      fstat h nlink,size
      fchmod h 0600
      fchown h 1001 2001
      futimens h 1.5 2.5
      fstat h mode,uid,gid,atime,mtime,nlink
      fsync h
      open file O_CREAT,O_EXCL,O_WRONLY -> new
      write new another
      cat file
      pread h 100 0

      scenario a file that is open for reading only
      open file O_RDONLY -> h
      unlink file
      read h 100
      fstat h nlink,size
      list .

      scenario a file that is open, and not read before
      open big O_RDONLY -> h
      unlink big
      pread h 8 70000
      put big 0644 another
      pread h 8 70005
      fstat h size,nlink
      cat big

      scenario a new file that is open
      open new O_CREAT,O_RDWR -> h
      write h text
      unlink new
      fstat h nlink,size
      pread h 10 0
      ftruncate h 100
      pread h 10 95
      fsetxattr h user.test value
      fgetxattr h user.test
      linkfd h again
      list .

      scenario a file with another name
      open file O_RDWR -> h
      link file other-name
      unlink file
      fstat h nlink
      pwrite h 0 FIRST
      cat other-name
      unlink other-name
      fstat h nlink
      pread h 5 0

      scenario a file that something is renamed over
      open file O_RDWR -> old
      open empty O_RDWR -> new
      ino empty new-before
      rename empty file
      fino new new-after
      same new-before new-after
      fstat old nlink,size
      fstat new nlink,size
      pread old 10 0
      write new text
      cat file
      pwrite old 0 FIRST
      pread old 10 0
      cat file

      scenario a file that is renamed while it is open
      open file O_RDWR -> h
      fino h before
      rename file dir/new
      ino dir/new after
      same before after
      write h FIRST
      cat dir/new
      fchmod h 0600
      stat dir/new mode
      fstat h nlink,mode
      rename dir dir2
      pwrite h 0 again
      cat dir2/new

      scenario reading on while a file is replaced as editors do it
      open file O_RDONLY -> h
      read h 6
      put file.new 0644 replaced
      rename file.new file
      read h 100
      fstat h nlink
      cat file

      scenario a mapped file that is removed
      open file O_RDWR -> h
      mmap h 4096 R,W SHARED -> m
      unlink file
      close h
      mread m 0 5
      mwrite m 0 FIRST
      mread m 0 10
      msync m SYNC

      scenario a file that another process has open
      open file O_RDONLY -> h
      peer unlink file
      read h 5
      peer open file O_CREAT,O_RDWR -> p
      peer write p of-peer
      cat file
      pread h 5 0
      unlink file
      peer pread p 20 0
      peer fstat p nlink

      scenario locks are gone with the file
      open file O_RDWR -> h
      flock h EX
      unlink file
      open file O_CREAT,O_RDWR -> n
      flock n EX,NB
      peer open file O_RDWR -> p
      peer flock p EX,NB

      """)
}
