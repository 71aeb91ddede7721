// What the server says is wrong, in Thai. The server writes English with values inside; here, a name in braces stands for a value.
// test/console_texts.test.ts finds messages of the server that are missing here.

const MESSAGES: Record<string, string> = {
  // Values of fields
  'is required': 'ต้องระบุ',
  'must not be null': 'ต้องระบุ',
  'must not be empty': 'ต้องไม่ว่าง',
  'must be a string': 'ต้องเป็นข้อความ',
  'must be a list': 'ต้องเป็นรายการ',
  'must be an object': 'ต้องเป็น Object',
  'must be at most {n} characters': 'ต้องยาวไม่เกิน {n} ตัวอักษร',
  'must be at least {n} characters': 'ต้องยาวอย่างน้อย {n} ตัวอักษร',
  'must be 1 to {n} characters': 'ต้องยาว 1 ถึง {n} ตัวอักษร',
  'must not contain control characters': 'ต้องไม่มีอักขระควบคุม',
  'must not contain NUL': 'ต้องไม่มีอักขระ NUL',
  'must not contain duplicates': 'ต้องไม่มีค่าซ้ำ',
  'must be a UUID, such as {example}': 'ต้องเป็น UUID เช่น {example}',
  'must be an object of texts, such as {example}': 'ต้องเป็น Object ของข้อความ เช่น {example}',
  'must have at most {n} keys, but has {given}': 'มีคีย์ได้ไม่เกิน {n} คีย์ แต่มี {given}',
  'has a key that {message}': 'มีคีย์ที่ไม่ถูกต้อง: {message}',
  'has a value under {key} that {message}': 'ค่าของ {key} ไม่ถูกต้อง: {message}',
  'must be a string, such as {example}: a JSON number is not exact':
    'ต้องเป็นข้อความ เช่น {example} เพราะตัวเลข JSON ไม่แม่นยำ',
  'must be a decimal, such as {example}': 'ต้องเป็นตัวเลข เช่น {example}',
  'must be a number such as {example}, not {given}': 'ต้องเป็นตัวเลข เช่น {example} แต่เป็น {given}',
  'must have at most {n} decimal places': 'มีทศนิยมได้ไม่เกิน {n} ตำแหน่ง',
  'must have at most {n} digits before the decimal point': 'มีตัวเลขหน้าจุดทศนิยมได้ไม่เกิน {n} หลัก',
  'must have at most {n} digits and {places} decimal places': 'มีตัวเลขได้ไม่เกิน {n} หลัก และทศนิยมไม่เกิน {places} ตำแหน่ง',
  'must be greater than 0': 'ต้องมากกว่า 0',
  'must be from {from} to {to}': 'ต้องอยู่ระหว่าง {from} ถึง {to}',
  'must be a whole number': 'ต้องเป็นจำนวนเต็ม',
  'must be a whole number, as a JSON number': 'ต้องเป็นจำนวนเต็ม',
  'must be a whole number from {from} to {to}': 'ต้องเป็นจำนวนเต็มตั้งแต่ {from} ถึง {to}',
  'must be true or false': 'ต้องเป็น true หรือ false',
  'must be true or false, not {given}': 'ต้องเป็น true หรือ false แต่เป็น {given}',
  'must be true or omitted': 'ต้องเป็น true หรือไม่ระบุ',
  'must be {value}': 'ต้องเป็น {value}',
  'must be {value} or omitted': 'ต้องเป็น {value} หรือไม่ระบุ',
  'must be {value}: this field cannot be changed': 'ต้องเป็น {value} เพราะเปลี่ยนไม่ได้',
  'must be one of {words}': 'ต้องเป็นค่าใดค่าหนึ่งใน {words}',
  'must be one of {words}, not {given}': 'ต้องเป็นค่าใดค่าหนึ่งใน {words} แต่เป็น {given}',
  'must contain only {words}': 'มีได้เฉพาะ {words}',
  'must contain digits': 'ต้องมีตัวเลข',
  'must contain the barcode {barcode}': 'ต้องมีบาร์โค้ด {barcode}',
  'must have {from} to {to} elements': 'ต้องมี {from} ถึง {to} รายการ',
  'must name at least one branch, or be null for all branches': 'ต้องเลือกอย่างน้อยหนึ่งสาขา หรือเลือกทุกสาขา',
  'must have at most {n} elements': 'มีได้ไม่เกิน {n} รายการ',
  'must be a time such as {example}, not {given}': 'ต้องเป็นเวลา เช่น {example} แต่เป็น {given}',
  'must be an ISO 8601 time with a time zone, such as {example}': 'ต้องเป็นเวลาพร้อมเขตเวลา เช่น {example}',
  'must be a time from {from} to {to}': 'ต้องเป็นเวลาตั้งแต่ {from} ถึง {to}',
  'must be a date, such as {example}': 'ต้องเป็นวันที่ เช่น {example}',
  'must be a valid date, such as {example}': 'ต้องเป็นวันที่ที่มีจริง เช่น {example}',
  'must not be more than 5 minutes in the future': 'ต้องไม่อยู่ในอนาคตเกิน 5 นาที',
  'has the wrong year: {year} looks like a Buddhist year; send {western}':
    'ปีไม่ถูกต้อง: {year} น่าจะเป็น พ.ศ. ให้ใช้ ค.ศ. {western}',
  'must have a year from {from} to {to}': 'ปีต้องอยู่ระหว่าง ค.ศ. {from} ถึง {to}',
  'is unknown': 'ไม่รู้จัก',
  'is unknown; the known names are {names}': 'ไม่รู้จัก ชื่อที่ใช้ได้คือ {names}',
  'is unknown; this operation has no parameters': 'ไม่รู้จัก',
  'is unknown; did you mean {name}?': 'ไม่รู้จัก หมายถึง {name} หรือไม่',
  'must be given only once': 'ระบุได้ครั้งเดียว',
  'must be given at most {n} times': 'ระบุได้ไม่เกิน {n} ครั้ง',
  'must be a position: a JSON number, whole and at least 1': 'ต้องเป็นลำดับที่เป็นจำนวนเต็มตั้งแต่ 1',
  'must be a position (next_after of an earlier page) or latest': 'ต้องเป็นลำดับจากหน้าก่อน หรือ latest',
  'must be next_cursor of an earlier page of this list': 'ลิงก์ของหน้าถัดไปใช้ไม่ได้แล้ว ให้โหลดหน้านี้ใหม่',
  'is not percent-encoded correctly': 'ใน URL เข้ารหัสไม่ถูกต้อง',
  'is not valid UTF-8': 'ไม่ใช่ UTF-8 ที่ถูกต้อง',
  'must be UTF-8': 'ต้องเป็น UTF-8',
  'must be valid UTF-8': 'ต้องเป็น UTF-8 ที่ถูกต้อง',
  'must be a JSON object': 'ต้องเป็น JSON object',
  'must be JSON of the form {form}': 'ต้องเป็น JSON รูปแบบ {form}',
  'is not valid JSON: it {message}': 'ไม่ใช่ JSON ที่ถูกต้อง: {message}',
  'must be an email address': 'ต้องเป็นอีเมล',
  'must be a code': 'ต้องเป็นรหัส',
  'must have the form {form}': 'ต้องอยู่ในรูปแบบ {form}',
  'is required (a header), because you belong to several businesses': 'ต้องระบุ เพราะคุณเป็นสมาชิกหลายธุรกิจ ให้เลือกธุรกิจก่อน',
  'exactly one of from_position and from_time is required': 'ต้องระบุอย่างใดอย่างหนึ่งระหว่างลำดับและเวลา',

  // Records and files
  '{a} or {b} is required': 'ต้องระบุ {a} หรือ {b}',
  'is empty': 'ว่าง',
  'is already used by {other}': 'ถูกใช้แล้วโดย {other}',
  'is already used by line {line}, whose content differs': 'ถูกใช้แล้วในบรรทัด {line} ซึ่งข้อมูลต่างกัน',
  'is not allowed in a deletion': 'ใช้ในการลบไม่ได้',
  'no such {what}': 'ไม่พบรายการนี้ ({what})',
  'must be the branch of the warehouse': 'ต้องเป็นสาขาของคลังสินค้า',
  'must be a warehouse of the branch': 'ต้องเป็นคลังสินค้าของสาขา',
  'must be {value} or omitted: movements are chained in the order of receipt':
    'ต้องเป็น {value} หรือไม่ระบุ เพราะความเคลื่อนไหวต่อกันตามลำดับที่ได้รับ',
  'must keep the quantity on hand within {n} digits: it is {value} now': 'ยอดคงเหลือต้องไม่เกิน {n} หลัก ตอนนี้คือ {value}',
  'Only an application with access to all branches can write branches': 'เฉพาะแอปที่เห็นทุกสาขาเท่านั้นที่เขียนสาขาได้',
  'events=false is not allowed while the business has webhooks, which would miss these records; send them with events, or delete the webhooks first':
    'ธุรกิจมี Webhook ซึ่งจะไม่ได้รับรายการเหล่านี้ ให้ส่งพร้อม Event หรือลบ Webhook ก่อน',
  'differs from the stored record {id}, which has the same updated_at': 'ต่างจากรายการ {id} ที่บันทึกไว้ ซึ่งมีเวลาแก้ไขเดียวกัน',
  '{cell} is a number that a spreadsheet has rounded: format the column as text':
    '{cell} เป็นตัวเลขที่โปรแกรมตารางปัดเศษแล้ว ให้จัดรูปแบบคอลัมน์เป็นข้อความ',
  '{name} differs from line {line}, but both rows are of {key}': '{name} ต่างจากบรรทัด {line} ทั้งที่เป็น {key} เหมือนกัน',
  'belongs to {key}, whose other rows are far before: sort the file, so that they are together':
    'เป็นแถวของ {key} ซึ่งแถวอื่นอยู่ห่างกันมาก ให้เรียงไฟล์ให้อยู่ติดกัน',
  'has {n} cells, but the header has {width}': 'มี {n} ช่อง แต่แถวหัวคอลัมน์มี {width} ช่อง',
  'line {line} has {n} cells, but the header has {width}': 'บรรทัด {line} มี {n} ช่อง แต่แถวหัวคอลัมน์มี {width} ช่อง',
  'is empty: its first row must name the columns': 'ไม่มีข้อมูล แถวแรกต้องเป็นชื่อคอลัมน์',
  'is a workbook, not CSV: open it, and save it as “CSV UTF-8”':
    'เป็นไฟล์ Excel ไม่ใช่ CSV ให้เปิดใน Excel แล้วบันทึกเป็น “CSV UTF-8”',
  'does not have the columns of {what}: {list}': 'คอลัมน์ไม่ตรงกับข้อมูล {what}: {list}',
  'a column has no name': 'มีคอลัมน์ที่ไม่มีชื่อ',
  '{name} appears twice': 'มีคอลัมน์ {name} ซ้ำ',
  '{name} is missing': 'ไม่มีคอลัมน์ {name}',
  'does not say whether the prices include the taxes': 'ไม่ได้บอกว่าราคารวมภาษีแล้วหรือไม่',
  'has taxes in the column {name}, but does not say whether the prices include them':
    'มีภาษีในคอลัมน์ {name} แต่ไม่ได้บอกว่าราคารวมภาษีแล้วหรือไม่',
  'has dates such as {date}, which do not say whether the day comes first': 'มีวันที่ เช่น {date} ซึ่งไม่รู้ว่าวันหรือเดือนมาก่อน',
  'has more than {n} records: split it': 'มีมากกว่า {n} รายการ ให้แบ่งไฟล์',
  'has more than {n} bytes in line {line}': 'บรรทัด {line} ยาวเกิน {n} ไบต์',
  'has no header row within {n} bytes': 'ไม่พบแถวหัวคอลัมน์ใน {n} ไบต์แรก',
  'has an invalid first line: sep= must name a comma, a semicolon or a tab, such as sep=;':
    'บรรทัดแรกไม่ถูกต้อง: sep= ต้องตามด้วยจุลภาค อัฒภาค หรือแท็บ เช่น sep=;',
  'has {list} in its header row: name the separator in a first line such as sep=;':
    'แถวหัวคอลัมน์มีทั้ง {list} ให้ระบุตัวคั่นในบรรทัดแรก เช่น sep=;',
  'has {separator} between its columns: use commas, semicolons or tabs':
    'คั่นคอลัมน์ด้วย {separator} ให้ใช้จุลภาค อัฒภาค หรือแท็บ',
  'the row that begins after line {line}': 'แถวที่เริ่มหลังบรรทัด {line}',
  'has an unclosed quote in {message}': 'มีเครื่องหมายคำพูดที่ไม่ปิดใน{message}',
  'has more than {n} bytes in {message}: check for an unclosed quote':
    '{message}ยาวเกิน {n} ไบต์ ตรวจว่ามีเครื่องหมายคำพูดที่ไม่ปิดหรือไม่',
  'has a misplaced quote in {message}: inside quotes, write a quote twice':
    'มีเครื่องหมายคำพูดผิดที่ใน{message} ภายในเครื่องหมายคำพูดให้พิมพ์ซ้ำสองครั้ง',
  'would delete more than {n} {what} with this batch: send fewer deletions at once':
    'จะลบ {what} มากกว่า {n} รายการ ให้ลบครั้งละน้อยลง',
  'must not be more than 5 minutes after updated_at': 'ต้องไม่ช้ากว่า updated_at เกิน 5 นาที',
  'starts with the byte order mark of {found}, not of {given}': 'เริ่มด้วย byte order mark ของ {found} ไม่ใช่ {given}',
  'looks like UTF-16 without a byte order mark: save it as “CSV UTF-8”':
    'น่าจะเป็น UTF-16 ที่ไม่มี byte order mark ให้บันทึกเป็น “CSV UTF-8”',
  'is neither UTF-8 nor Windows-874 (see line {line}): save it as “CSV UTF-8”':
    'ไม่ใช่ทั้ง UTF-8 และ Windows-874 (ดูบรรทัด {line}) ให้บันทึกเป็น “CSV UTF-8”',
  'could be UTF-8 or Windows-874: save it as “CSV UTF-8”': 'เป็นได้ทั้ง UTF-8 และ Windows-874 ให้บันทึกเป็น “CSV UTF-8”',
  'is not Windows-874 (see line {line}): save it as “CSV UTF-8”':
    'ไม่ใช่ Windows-874 (ดูบรรทัด {line}) ให้บันทึกเป็น “CSV UTF-8”',
  'is not UTF-8 (see line {line}): save it as “CSV UTF-8”': 'ไม่ใช่ UTF-8 (ดูบรรทัด {line}) ให้บันทึกเป็น “CSV UTF-8”',
  'is not valid UTF-16 at or after line {line}: save it as “CSV UTF-8”':
    'ไม่ใช่ UTF-16 ที่ถูกต้อง ตั้งแต่บรรทัด {line} ให้บันทึกเป็น “CSV UTF-8”',
  'is not valid gzip or is truncated': 'ไม่ใช่ gzip ที่ถูกต้อง หรือไฟล์ไม่ครบ',
  'is longer than {n} bytes': 'ยาวเกิน {n} ไบต์',
  'A batch can have at most {n} records': 'ส่งได้ไม่เกิน {n} รายการต่อครั้ง',
  'A batch can have at most {n} lines, including blank lines': 'ส่งได้ไม่เกิน {n} บรรทัดต่อครั้ง รวมบรรทัดว่าง',
  'Too many batches are waiting; try again shortly': 'มีงานรอมากเกินไป ลองใหม่ในอีกสักครู่',
  'exports no {what} that can be read': 'ไม่มีไฟล์ {what} ที่อ่านได้',
  'Another file of this business is being imported; wait until it is done.': 'กำลังนำเข้าไฟล์อื่นของธุรกิจนี้อยู่ รอให้เสร็จก่อน',

  // Applications
  'is required for an application that reads customers': 'ต้องระบุ เพราะแอปอ่านข้อมูลลูกค้า',
  'Only an owner can grant contact data, or resume an application that has it':
    'เฉพาะเจ้าของเท่านั้นที่ให้สิทธิ์ข้อมูลติดต่อ หรือให้แอปที่มีสิทธิ์นี้ทำงานต่อได้',
  'An application of kind {kind} cannot have {list}; it can have {allowed}.':
    'แอปชนิด {kind} มีสิทธิ์ {list} ไม่ได้ มีได้เฉพาะ {allowed}',
  'An application needs at least one scope.': 'แอปต้องมีสิทธิ์อย่างน้อยหนึ่งรายการ',
  '{scope} can only be granted together with read:customers.': 'ให้สิทธิ์ {scope} ได้เมื่อให้ read:customers ด้วยเท่านั้น',
  'must be given together with rate_requests': 'ต้องระบุคู่กับจำนวนคำขอที่ส่งติดกันได้',
  'The business has no branch {list}.': 'ธุรกิจไม่มีสาขา {list}',
  'The application already has {n} active secrets; revoke one of them first: {list}.':
    'แอปมี Secret ที่ใช้ได้ครบ {n} ตัวแล้ว ให้เพิกถอนตัวใดตัวหนึ่งก่อน',
  'The application has no active secret {id}.': 'แอปไม่มี Secret {id} ที่ใช้ได้',
  'Several businesses have an application named {name}; use its client_id.': 'มีแอปชื่อ {name} ในหลายธุรกิจ ให้ใช้ Client ID',
  'No such application: {name}. Run talad app list to see all applications.': 'ไม่พบแอป {name}',
  'No such application: {name}.': 'ไม่พบแอป {name}',
  'The application is revoked; create a new one.': 'แอปถูกเพิกถอนแล้ว ให้สร้างแอปใหม่',
  '{name} is already paused.': '{name} หยุดชั่วคราวอยู่แล้ว',
  '{name} is not paused.': '{name} ไม่ได้หยุดชั่วคราว',
  'The business already has an application named {name}.': 'ธุรกิจมีแอปชื่อ {name} แล้ว',

  // Members and sign-in
  'A business has at most {n} members.': 'ธุรกิจมีสมาชิกได้ไม่เกิน {n} คน',
  '{email} is a member of the business already.': '{email} เป็นสมาชิกของธุรกิจอยู่แล้ว',
  'The last owner of a business stays: make another member owner first.':
    'เจ้าของคนสุดท้ายออกไม่ได้ ให้ตั้งสมาชิกคนอื่นเป็นเจ้าของก่อน',
  'The business has no such member.': 'ธุรกิจไม่มีสมาชิกคนนี้',
  'At most {n} invitations can be open at once.': 'มีคำเชิญที่ยังไม่ตอบรับได้ไม่เกิน {n} รายการ',
  'is used, too old or unknown; ask for a new invitation': 'ใช้ไปแล้ว เก่าเกินไป หรือไม่รู้จัก ขอคำเชิญใหม่',
  'is used, too old or unknown; ask for a new link': 'ใช้ไปแล้ว เก่าเกินไป หรือไม่รู้จัก ขอลิงก์ใหม่',
  'This address has an account; enter its password': 'อีเมลนี้มีบัญชีแล้ว ใส่รหัสผ่านของบัญชีนั้น',
  'An authenticator app is in use already': 'ใช้แอปยืนยันตัวตนอยู่แล้ว',
  'Too many attempts: wait retry_after seconds': 'ลองผิดหลายครั้งเกินไป รอสักครู่',
  'Passkeys need a host name: open the console at its name instead of an IP address.':
    'Passkey ใช้กับ IP address ไม่ได้ ให้เปิดคอนโซลด้วยชื่อเว็บ',
  'A member has at most {n} passkeys.': 'สมาชิกมี Passkey ได้ไม่เกิน {n} รายการ',
  'is not valid or too old; start again': 'ไม่ถูกต้องหรือเก่าเกินไป ให้เริ่มใหม่',
  'must be one of your businesses': 'ต้องเป็นธุรกิจที่คุณเป็นสมาชิก',
  'You are not a member of any business': 'คุณไม่ได้เป็นสมาชิกของธุรกิจใด',
  'You are not a member of this business': 'คุณไม่ได้เป็นสมาชิกของธุรกิจนี้',

  // Personal data
  'The ledger has no entries yet, so there is nothing to state.': 'Ledger ยังไม่มีรายการ จึงยังไม่มีอะไรให้รับรอง',
  'A link is valid for 1 to {n} days.': 'ลิงก์ใช้ได้ 1 ถึง {n} วัน',
  'This customer has {n} links already: revoke one first.': 'ลูกค้ารายนี้มีลิงก์ครบ {n} ลิงก์แล้ว ให้เพิกถอนลิงก์หนึ่งก่อน',
  'The business has no customer {id}.': 'ธุรกิจไม่มีลูกค้า {id}',

  // Webhooks
  'The application may not see this event any more': 'แอปไม่มีสิทธิ์เห็น Event นี้แล้ว',
  'The application of this webhook is revoked': 'แอปของ Webhook นี้ถูกเพิกถอนแล้ว',
  'The application of this webhook is paused, so nothing is sent; resume it first':
    'แอปของ Webhook นี้ถูกหยุดชั่วคราว จึงไม่มีการส่ง ให้แอปทำงานต่อก่อน',
  'Another ping of this application is in progress; wait for its response': 'กำลังส่ง Ping อื่นของแอปนี้อยู่ รอคำตอบก่อน',
  'Too many pings are in progress; try again shortly': 'มี Ping ที่กำลังส่งมากเกินไป ลองใหม่ในอีกสักครู่',
  'The application has {n} webhooks, which is the maximum; delete one first':
    'แอปมี Webhook ครบ {n} รายการแล้ว ให้ลบหนึ่งรายการก่อน',
  'The webhook has {n} active secrets, which is the maximum. The oldest one expires at {time}; rotate the secret after that':
    'Webhook มี Secret ครบ {n} ตัวแล้ว ตัวเก่าสุดหมดอายุ {time} เปลี่ยน Secret ได้หลังจากนั้น',
  'Another replay of this webhook is in progress; wait until it is done':
    'กำลังส่ง Event ย้อนหลังของ Webhook นี้อยู่ รอให้เสร็จก่อน',

  // Requests
  'The request body must be at most {n} bytes': 'ข้อมูลที่ส่งต้องไม่เกิน {n} ไบต์',
  'The request body must be at most {n} bytes after decompression': 'ข้อมูลที่ส่งต้องไม่เกิน {n} ไบต์',
  'The request body must be {types}': 'ข้อมูลที่ส่งต้องเป็น {types}',
}

type Pattern = { of: RegExp; names: string[]; thai: string }

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

const PATTERNS: Pattern[] = Object.entries(MESSAGES)
  // The most specific one first: the one with the most text of its own.
  .toSorted(([a], [b]) => fixedLength(b) - fixedLength(a))
  .map(([english, thai]) => {
    const parts = english.split(/\{(\w+)\}/)
    const source = parts.map((part, at) => (at % 2 === 0 ? escaped(part) : '(.+?)')).join('')
    return { of: new RegExp(`^${source}$`, 's'), names: parts.filter((_, at) => at % 2 === 1), thai }
  })

function fixedLength(english: string): number {
  return english.replaceAll(/\{\w+\}/g, '').length
}

/** Returns a message of the server in Thai; null if it is not known. */
export function thaiMessage(message: string): string | null {
  for (const { of, names, thai } of PATTERNS) {
    const values = of.exec(message)?.slice(1)
    if (!values) continue
    return thai.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[names.indexOf(name)] ?? ''
      if (name === 'example') return value.replaceAll(' or ', ' หรือ ')
      return name === 'list' || name === 'message' ? listInThai(value) : value
    })
  }
  return null
}

/** Between reasons; not before the second half of a reason. */
const BETWEEN = /; (?!did you mean|the known names)/

const listInThai = (list: string): string =>
  list
    .split(BETWEEN)
    .map((part) => thaiReason(part) ?? part)
    .join('; ')

/** Returns a reason in Thai that begins with the name of a field, such as `full_name is required`; null if it is not known. */
export function thaiReason(reason: string): string | null {
  const whole = thaiMessage(reason)
  if (whole !== null) return whole
  const parts = reason.split(BETWEEN)
  const known = parts.map((part) => (parts.length > 1 ? thaiReason(part) : null))
  if (known.every((part) => part !== null)) return known.join('; ')
  for (let at = reason.indexOf(' '); at > 0; at = reason.indexOf(' ', at + 1)) {
    const rest = thaiMessage(reason.slice(at + 1))
    if (rest !== null) return `${reason.slice(0, at)} ${rest}`
  }
  return null
}

/** Returns a message or a reason of the server in a language; as it is if no translation is known. */
export const serverText = (message: string, language: 'th' | 'en'): string =>
  language === 'en' ? message : (thaiReason(message) ?? message)

/** Returns the reason of the request log in a language. It begins with a line and a field if the server knows them. */
export function reasonText(reason: string, language: 'th' | 'en'): string {
  const [, number, field, message = ''] = /^(?:line (\d+): )?(?:([\w.[\]]+): )?(.*)$/s.exec(reason) ?? []
  if (language === 'en') return reason
  return [number && `บรรทัด ${number}:`, field && `${field}:`, serverText(message, language)].filter(Boolean).join(' ')
}

/** The messages, for the test that compares them with the server. */
export const SERVER_MESSAGES: Readonly<Record<string, string>> = MESSAGES
