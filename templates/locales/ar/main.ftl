### العربية. جمل قصيرة وكلمات سهلة، واسم واحد لكل شيء: مفتاح مرور، مفتاح أمان، تطبيق الرموز، رمز، رمز احتياطي.

## إطار كل صفحة
page-title = { $step } – تسجيل الدخول إلى { $organisation }
page-title-error = خطأ: { $step } – تسجيل الدخول إلى { $organisation }
skip = انتقل إلى الجزء الرئيسي
language = اللغة
help-title = مساعدة في تسجيل الدخول
help-call = اتصل بنا:
help-ask = اطلب المساعدة من عيادتك.
help-never = لا نطلب أبدًا كلمة مرورك أو رموزك عبر الهاتف.
support-call = هل تحتاج إلى مساعدة؟ اتصل على
to-continue-to = للمتابعة إلى { $app }
signed-in-as = سجّلت الدخول باسم { $name }
signing-in-as = تسجيل الدخول باسم { $name }
an-app = تطبيق
continue = متابعة
back = رجوع
cancel = إلغاء
cancel-to-app = إلغاء والعودة إلى { $app }
back-to-app = العودة إلى { $app }
not-you = لست أنت؟
or = أو
optional = (اختياري)
recommended = ننصح به
reference = المرجع:
try-again = حاول مرة أخرى
sign-in-again = سجّل الدخول مرة أخرى
choose-another = جرّب طريقة أخرى
stop-waiting = أوقف الانتظار
remove = إزالة
remove-named = إزالة { $name }
copied = تم النسخ.
errors-title = هناك مشكلة
error-word = مشكلة:
demo-label = نسخة تجريبية
demo-banner = هذه نسخة تجريبية. لا تكتب بيانات حقيقية.
dev-people-link = أشخاص للتجربة
dev-mail-link = بريد التجربة
date-and-time = {"\u200F"}{ $time }، { $date }
# The mark says which way the whole date runs: what stands inside isolates does not count for that.
date-long = {"\u200F"}{ $weekday }، { $day } { $month } { $year }
weekday-1 = الاثنين
weekday-2 = الثلاثاء
weekday-3 = الأربعاء
weekday-4 = الخميس
weekday-5 = الجمعة
weekday-6 = السبت
weekday-7 = الأحد
month-1 = يناير
month-2 = فبراير
month-3 = مارس
month-4 = أبريل
month-5 = مايو
month-6 = يونيو
month-7 = يوليو
month-8 = أغسطس
month-9 = سبتمبر
month-10 = أكتوبر
month-11 = نوفمبر
month-12 = ديسمبر
role-patient = مريض
role-clinician = معالج
role-administrator = الإدارة

## لماذا نسأل من جديد
confirm-title = أكّد أنك أنت
reason-app-asks = يطلب التطبيق أن تسجّل الدخول مرة أخرى.
reason-too-long-ago = مضى وقت على تسجيل دخولك. سجّل الدخول مرة أخرى من فضلك.
reason-idle = ابتعدت لبعض الوقت. سجّل الدخول مرة أخرى لتتابع.
reason-stronger = يحتاج هذا التطبيق إلى تحقق أقوى.
reason-prescription = أنت على وشك توقيع وصفة طبية.
reason-account-change = أنت على وشك تغيير طريقة تسجيل دخولك.
reason-administration = تحتاج إلى تحقق جديد لإدارة حسابات الآخرين.

## تسجيل الدخول
sign-in-title = تسجيل الدخول
sign-in-label = البريد الإلكتروني أو اسم المستخدم
sign-in-error-empty = اكتب بريدك الإلكتروني أو اسم المستخدم.
sign-in-error-too-long = هذا طويل جدًا. اكتب بريدك الإلكتروني أو اسم المستخدم.
passkey-button = سجّل الدخول بمفتاح مرور
passkey-hint = استخدم بصمتك أو وجهك أو قفل الشاشة أو مفتاح أمان.
passkey-noscript = تحتاج مفاتيح المرور إلى JavaScript. يمكنك استخدام كلمة المرور والرمز.
passkey-waiting = اتبع الخطوات التي يعرضها جهازك.
passkey-cancelled = لم يُستخدم أي مفتاح مرور. حاول مرة أخرى أو اختر طريقة أخرى.
passkey-failed = لم يعمل مفتاح المرور هنا. حاول مرة أخرى أو اختر طريقة أخرى.
passkey-error-unknown = لا نعرف مفتاح المرور هذا. جرّب مفتاحًا آخر أو طريقة أخرى.
passkey-error-wrong = لم يعمل مفتاح المرور هنا. حاول مرة أخرى أو اختر طريقة أخرى.
passkey-error-late = استغرق ذلك وقتًا طويلًا. استخدم مفتاح المرور مرة أخرى.
model-denied = عيادتك لا تسمح بهذا النوع من المفاتيح هنا. استخدم طريقة أخرى.
model-unsafe = في هذا النوع من المفاتيح عيب. لم يعد يعمل هنا. استخدم طريقة أخرى.

## كلمة المرور
password-title = اكتب كلمة المرور
password-label = كلمة المرور
show-password = أظهر كلمة المرور
password-error-empty = اكتب كلمة المرور.
password-error-mismatch = الاسم وكلمة المرور غير متطابقين. تأكد من كليهما وحاول مرة أخرى.

## رمز من تطبيق
code-title = اكتب الرمز
code-label = الرمز من تطبيقك
code-hint = افتح تطبيق الرموز. اكتب الأرقام الستة التي يعرضها.
code-hint-entry = افتح تطبيق الرموز. اكتب الأرقام الستة بجانب «{ $entry }».
code-error-empty = اكتب الرمز من تطبيقك.
code-error-shape = الرمز من 6 أرقام. اكتبها كلها.
code-error-wrong = لم يعمل هذا الرمز. انتظر رمزًا جديدًا ثم اكتبه هنا.
code-error-used = استخدمت هذا الرمز من قبل. انتظر الرمز التالي.
code-error-clock = ساعة هاتفك غير مضبوطة. اضبطها ثم اكتب رمزًا جديدًا.
clock-title = رمزي لا يعمل
clock-text = ربما ساعة هاتفك غير مضبوطة. افتح إعدادات الهاتف وشغّل الوقت التلقائي. ثم اكتب رمزًا جديدًا.

## مفتاح أمان، أو مفتاح مرور كخطوة ثانية
key-step-title = استخدم مفتاح الأمان
key-step-text = أدخل المفتاح أو قرّبه من القارئ. ثم اضغط الزر.
key-use = استخدم مفتاح الأمان
passkey-step-title = استخدم مفتاح المرور
passkey-step-text = اضغط الزر. ثم استخدم بصمتك أو وجهك أو قفل الشاشة.
passkey-use = استخدم مفتاح المرور
key-names = يمكنك استخدام:
key-pin-hint = قد يطلب مفتاحك رقمًا سريًا. هذا الرقم للمفتاح فقط. نحن لا نراه أبدًا.
key-cancelled = لم يُستخدم أي مفتاح. حاول مرة أخرى أو اختر طريقة أخرى.
key-failed = لم يعمل هذا المفتاح هنا. حاول مرة أخرى أو اختر طريقة أخرى.
key-noscript = تحتاج هذه الخطوة إلى JavaScript. شغّله أو اختر طريقة أخرى.
no-webauthn = لا يدعم هذا المتصفح مفاتيح المرور أو مفاتيح الأمان. اختر طريقة أخرى.
key-error-empty = لم يصل شيء من مفتاحك. حاول مرة أخرى.
key-error-unknown = لا نعرف هذا المفتاح. جرّب مفتاحًا آخر.
key-error-wrong = لم ينجح ذلك. حاول مرة أخرى.
key-error-late = استغرق ذلك وقتًا طويلًا. حاول مرة أخرى.
key-error-pin = نحتاج إلى رقمك السري أو إصبعك أو وجهك مع هذا المفتاح. حاول مرة أخرى.

## الرمز الاحتياطي
recovery-title = استخدم رمزًا احتياطيًا
recovery-label = رمز احتياطي
recovery-hint = أربع مجموعات من أربعة، مثل ABCD-EFGH-JKMN-PQRS. يمكنك استخدام المسافات والحروف الصغيرة.
recovery-next = كل رمز يعمل مرة واحدة. بعد ذلك تُعدّ طريقة جديدة لتسجيل الدخول.
recovery-error-empty = اكتب رمزًا احتياطيًا.
recovery-error-shape = الرمز الاحتياطي من 16 حرفًا ورقمًا. تأكد مما كتبت.
recovery-error-wrong = لم يعمل هذا الرمز. جرّب رمزًا آخر من قائمتك.

## طريقة أخرى
choose-title = اختر كيف تسجّل الدخول
choose-error-empty = اختر طريقة واحدة لتسجيل الدخول.
choose-error-not-here = هذه الطريقة لا تعمل هنا. اختر طريقة أخرى.
choose-none = لا أستطيع استخدام أي منها
choose-none-text = يمكن لعيادتك أن تساعدك على الدخول. جهّز بطاقة هوية بصورة.
method-passkey = مفتاح مرور
method-passkey-hint = بصمة أو وجه أو قفل الشاشة
method-security-key = مفتاح أمان
method-security-key-hint = مفتاح صغير تُدخله أو تلمسه
method-totp = تطبيق الرموز
method-totp-hint = 6 أرقام من تطبيق على هاتفك
method-password = كلمة المرور
method-password-hint = كلمة المرور التي اخترتها
method-recovery-code = رمز احتياطي
method-recovery-code-hint = أحد الرموز التي حفظتها على ورق
last-used-on = آخر استخدام: { $date }
added-on = أضيف في: { $date }
never-used = لم يُستخدم بعد

## إعداد طريقة ثانية
enrol-title = أضف طريقة ثانية لتسجيل الدخول
enrol-reason-required = بياناتك الصحية تحتاج إلى أكثر من كلمة مرور. اختر طريقة لإعدادها. يستغرق ذلك دقيقتين.
enrol-reason-stronger = يحتاج هذا التطبيق إلى طريقة دخول أقوى. اختر واحدة لإعدادها.
enrol-reason-model = عيادتك لا تسمح هنا بنوع المفتاح الذي لديك. اختر طريقة أخرى لإعدادها.
enrol-reason-recovered = استخدمت رمزًا احتياطيًا. أعدّ الآن طريقة جديدة لتسجيل الدخول.
enrol-reason-chosen = إذا فقدت هاتفك فقد لا تستطيع الدخول. الطريقة الثانية تحميك.
enrol-error-empty = اختر ما تريد إعداده.
enrol-error-not-here = لا يمكنك إعداد ذلك هنا. اختر شيئًا آخر.
enrol-other = أعدّ شيئًا آخر
enrol-passkey-name = مفتاح مرور
enrol-passkey-hint = سجّل الدخول ببصمتك أو وجهك أو قفل الشاشة. بلا كتابة.
enrol-totp-name = تطبيق الرموز
enrol-totp-hint = تطبيق على هاتفك يعرض رمزًا جديدًا كل مرة.
enrol-security-key-name = مفتاح أمان
enrol-security-key-hint = مفتاح صغير تُدخله أو تلمسه. مناسب إذا كنت لا تستطيع استخدام الهاتف.
label-label = الاسم
enrol-totp-title = أعدّ تطبيق الرموز
enrol-totp-step-1 = 1. احصل على التطبيق
enrol-totp-get = تحتاج إلى تطبيق رموز على هاتفك. إن لم يكن لديك واحد فخذه من متجر التطبيقات. كثير منها مجاني.
enrol-totp-step-2 = 2. اربطه
enrol-totp-scan = افتح التطبيق وامسح هذه الصورة:
enrol-totp-qr = رمز QR. يمكنك كتابة المفتاح أدناه بدلًا منه.
enrol-totp-here = على هذا الهاتف: افتح تطبيق الرموز
enrol-totp-key = أو اكتب هذا المفتاح في التطبيق:
copy-key = انسخ المفتاح
enrol-totp-step-3 = 3. تحقق منه
enrol-totp-code-hint = اكتب الأرقام الستة التي يعرضها التطبيق الآن.
enrol-totp-label-hint = لتعرف أي هاتف هو، مثل «هاتفي».
enrol-passkey-title = أضف مفتاح مرور
enrol-passkey-text = اضغط الزر. يطلب جهازك بعد ذلك بصمتك أو وجهك أو قفل الشاشة. بصمتك ووجهك لا يغادران جهازك أبدًا.
enrol-passkey-button = أنشئ مفتاح مرور
enrol-passkey-label-hint = لتعرف أي جهاز هو، مثل «هاتفي».
enrol-passkey-cancelled = لم يُنشأ أي مفتاح مرور. حاول مرة أخرى أو أعدّ شيئًا آخر.
enrol-passkey-exists = لديك مفتاح مرور على هذا الجهاز من قبل.
enrol-passkey-failed = لم نتمكن من إنشاء مفتاح مرور هنا. حاول مرة أخرى أو أعدّ شيئًا آخر.
enrol-key-title = أضف مفتاح أمان
enrol-key-text = سمِّ مفتاحك. أدخله أو قرّبه من القارئ. ثم اضغط الزر.
enrol-key-button = أضف هذا المفتاح
enrol-key-label-hint = لتعرف أي مفتاح هو، مثل «المفتاح الأزرق».
enrol-key-cancelled = لم يُضف أي مفتاح. حاول مرة أخرى أو أعدّ شيئًا آخر.
enrol-key-exists = أضفت هذا المفتاح من قبل.
enrol-key-failed = لم نتمكن من إضافة هذا المفتاح. حاول مرة أخرى أو أعدّ شيئًا آخر.
enrol-key-error-empty = لم يصل شيء من جهازك. حاول مرة أخرى.
enrol-key-error-twice = أضفت هذا من قبل. استخدم غيره.
enrol-key-error-wrong = لم ينجح ذلك. حاول مرة أخرى.
enrol-key-error-late = استغرق ذلك وقتًا طويلًا. حاول مرة أخرى.
enrol-key-error-pin = لم يتم التحقق من أنك أنت. ضع رقمًا سريًا للمفتاح ثم حاول مرة أخرى.
enrol-key-error-not-here = عيادتك لا تسمح بهذا النوع. استخدم نوعًا آخر.
enrol-key-error-untold = لم نستطع معرفة نوع هذا المفتاح. وافق إذا سألك المتصفح، أو استخدم مفتاحًا آخر.
enrol-key-error-unchecked = لا يمكننا فحص المفاتيح الآن. أعدّ طريقة أخرى أو اتصل بعيادتك.

## الرموز الاحتياطية
recovery-codes-title = الرموز الاحتياطية
recovery-codes-intro = إذا فقدت هاتفك فأحد هذه الرموز يدخلك. كل رمز يعمل مرة واحدة. احفظها على ورق في مكان آمن.
recovery-codes-replaced = رموزك القديمة لم تعد تعمل. تخلّص منها.
recovery-codes-download = نزّلها كملف نصي
recovery-codes-print = صفحة للطباعة
recovery-codes-how-to-print = اطبع هذه الصفحة الآن من قائمة متصفحك.
recovery-codes-once = لن ترى هذه الرموز مرة أخرى.
recovery-codes-continue = حفظت رموزي
recovery-codes-paper-title = الرموز الاحتياطية لـ { $organisation }
recovery-codes-left =
    { $count ->
        [0] لم يبقَ لديك أي رمز احتياطي. أنشئ رموزًا جديدة.
        [one] بقي لديك رمز احتياطي واحد.
        [two] بقي لديك رمزان احتياطيان.
        [few] بقي لديك { $count } رموز احتياطية.
       *[other] بقي لديك { $count } رمزًا احتياطيًا.
    }
recovery-codes-none = ليس لديك رموز احتياطية بعد.

## الموافقة
consent-title = مشاركة بياناتك
consent-heading = هل تشارك بياناتك مع { $app }؟
consent-only-new = يطلب { $app } شيئًا جديدًا. هذا ما تغيّر.
consent-will = سيتمكن { $app } من:
consent-details = يطلب { $app } أيضًا ما يلي:
detail-actions = ما الذي سيُفعل:
detail-locations = أين:
detail-datatypes = بأي بيانات:
detail-identifier = أيّها:
detail-privileges = بأي صلاحيات:
consent-will-not = لن يتمكن { $app } من:
consent-not-password = رؤية كلمة مرورك أو رموزك
consent-not-change = تغيير طريقة تسجيل دخولك
consent-not-records = رؤية سجلك الصحي
consent-not-offline = الاحتفاظ بالوصول عندما لا تستخدمه
consent-privacy = كيف يستخدم { $app } بياناتك
app-terms = شروط { $app }
app-unchecked = لم يفحص أحد في { $name } هذا التطبيق. تابع فقط إذا كنت تعرفه.
consent-allow = شارك
consent-deny = لا تشارك
scope-openid = معرفة أنك أنت
scope-profile = رؤية اسمك وبياناتك الأساسية
scope-email = رؤية بريدك الإلكتروني
scope-phone = رؤية رقم هاتفك
scope-address = رؤية عنوان منزلك
scope-fhir-user = معرفة أي سجل صحي هو لك
scope-launch = فتح السجل أو الموعد الذي اخترته
scope-offline = الاحتفاظ بالوصول عندما لا تستخدم التطبيق
scope-offline-until = الاحتفاظ بالوصول عندما لا تستخدم التطبيق، حتى { $date }
scope-online = الاحتفاظ بالوصول ما دمت مسجّل الدخول
scope-other = استخدام «{ $scope }»
consent-api = الوصول إلى { $host } باسمك
scope-records-read = قراءة { $what }
scope-records-write = قراءة وتغيير { $what }
scope-records-of-others = استخدام السجلات الصحية المسموح لك برؤيتها
records-all = كل سجلك الصحي
records-details = بياناتك الشخصية
records-results = نتائج فحوصك وقياساتك
records-medicines = أدويتك
records-allergies = أنواع الحساسية لديك
records-conditions = مشاكلك الصحية وعلاجاتك
records-vaccinations = تطعيماتك
records-visits = زياراتك ومواعيدك
records-letters = رسائلك ووثائقك
records-other = أجزاء أخرى من سجلك الصحي

## تسجيل الخروج
sign-out-title = هل تسجّل الخروج؟
sign-out-text = ستخرج من هنا.
sign-out-from-app = يطلب { $app } تسجيل خروجك من هنا.
sign-out-of = ستخرج أيضًا من:
sign-out-button = تسجيل الخروج
sign-out-stay = البقاء مسجّل الدخول
signed-out-title = تم تسجيل خروجك
signed-out-text = يمكنك إغلاق هذه النافذة.
signed-out-of = نسجّل خروجك أيضًا من:
signed-out-unreachable = لا يمكننا تسجيل خروجك من هذه التطبيقات. سجّل الخروج منها بنفسك:
signed-out-shared = هل يستخدم آخرون هذا الحاسوب؟ إذن أغلق هذه النافذة الآن.
signed-out-frame = تسجيل الخروج من تطبيق

## محاولات كثيرة
locked-title = محاولات كثيرة
locked-heading-until = انتظر حتى { $time }
locked-password = كُتبت كلمات مرور خاطئة كثيرة. أوقفنا هذه الطريقة مؤقتًا لحمايتك.
locked-code = كُتبت رموز خاطئة كثيرة. أوقفنا هذه الطريقة مؤقتًا لحمايتك.
locked-network = جاءت محاولات خاطئة كثيرة من شبكتك. أوقفنا تسجيل الدخول مؤقتًا لحماية الجميع.
locked-disabled = كانت هناك محاولات خاطئة كثيرة. هذه الطريقة متوقفة الآن. يمكن لعيادتك تشغيلها من جديد.
locked-model = في هذا النوع من المفاتيح عيب. أوقفناه لحمايتك. يمكن لعيادتك مساعدتك.
locked-model-title = مفتاحك غير آمن
locked-again = يمكنك المحاولة مرة أخرى في
locked-meanwhile = يمكنك الدخول الآن بطريقة أخرى
locked-soon = هل موعدك قريب؟

## حالات خاصة
stale-expired = ابدأ من جديد من فضلك
stale-expired-text = ابتعدت لبعض الوقت. ابدأ من جديد من تطبيقك.
stale-expired-action = ابدأ من جديد
stale-finished = أنت مسجّل الدخول من قبل
stale-finished-text = انتهى تسجيل الدخول هذا. يمكنك العودة إلى تطبيقك.
stale-finished-action = متابعة
stale-no-cookie = لم يحتفظ متصفحك بملف صغير نحتاج إليه
stale-no-cookie-text = اسمح بملفات تعريف الارتباط لهذا الموقع ثم حاول مرة أخرى. إذا جئت من داخل تطبيق آخر فافتح هذه الصفحة في متصفحك المعتاد.
stale-no-cookie-action = حاول مرة أخرى
stale-other-browser = بدأ تسجيل الدخول هذا في متصفح آخر
stale-other-browser-text = عد إلى المتصفح الذي بدأت فيه. أو ابدأ من جديد هنا.
stale-other-browser-action = ابدأ من جديد هنا
stale-unknown-client = لا يمكننا فتح هذا التطبيق
stale-unknown-client-text = أرسلك التطبيق إلى هنا بطريقة لا نعرفها. عد إلى التطبيق وحاول مرة أخرى. إذا تكرر ذلك فأخبر القائمين على التطبيق.
stale-unknown-client-action = اذهب إلى حسابك
stale-busy = هناك ضغط كبير الآن
stale-busy-text = انتظر دقيقة ثم حاول مرة أخرى. بياناتك آمنة.
stale-busy-action = حاول مرة أخرى
stale-form = هذه الصفحة من تسجيل دخول سابق
stale-form-text = لم يُنفَّذ أي شيء. افتح الصفحة من جديد واملأها مرة أخرى.
stale-form-action = افتح الصفحة من جديد

## الأخطاء
problem-request = لم ينجح ذلك
problem-request-text = كان هناك شيء غير صحيح في الطلب. عد إلى تطبيقك وابدأ من جديد.
problem-forbidden = لا يمكنك فتح هذه الصفحة
problem-forbidden-text = ليس لحسابك وصول إليها. إذا كنت ترى غير ذلك فاسأل عيادتك.
problem-not-found = لا نجد هذه الصفحة
problem-not-found-text = ربما الرابط قديم أو ينقصه حرف. تأكد منه أو ابدأ من جديد من تطبيقك.
problem-too-many = تمهّل من فضلك
problem-too-many-text = جاءت طلبات كثيرة جدًا. انتظر بضع دقائق ثم حاول مرة أخرى.
problem-busy = هناك ضغط كبير الآن
problem-busy-text = انتظر دقيقة ثم حاول مرة أخرى. بياناتك آمنة.
problem-ours = حدث خطأ من جهتنا
problem-ours-text = بياناتك آمنة. حاول مرة أخرى بعد بضع دقائق.
problem-action = ابدأ من جديد
developer-title = للمطورين
form-post-title = العودة إلى تطبيقك
form-post-text = نعيدك الآن. إذا لم يحدث شيء فاضغط «متابعة».

## صفحات النسخة التجريبية
dev-mail-title = بريد التجربة
dev-mail-text = لا يخرج أي بريد من النسخة التجريبية. كله يصل إلى هنا.
dev-mail-empty = لا يوجد بريد بعد.
dev-people-title = أشخاص للتجربة
dev-people-text = استخدم هؤلاء الأشخاص لتجربة النسخة. تتغير الرموز كل 30 ثانية.
dev-people-name = الاسم
dev-people-username = اسم المستخدم
dev-people-code = الرمز الآن
dev-people-no-code = لا يوجد تطبيق رموز بعد
dev-people-app = افتح تطبيق التجربة
refresh-pause = أوقف التحديث
refresh-resume = استأنف التحديث
