# Invitations, activation, recovery.

## Links from a mail
link-activate = هل هذا أنت؟
link-activate-text = دُعيت إلى إعداد حساب هنا. يستغرق ذلك نحو خمس دقائق.
link-activate-button = نعم، إعداد حسابي
link-reset = تعيين كلمة مرور جديدة
link-reset-text = عند تعيين كلمة مرور جديدة سيتم تسجيل خروجك من كل مكان. ستظل بحاجة إلى خطوتك الثانية.
link-reset-button = متابعة
link-regain = إعداد تسجيل الدخول من جديد
link-regain-text = أزالت عيادتك طريقة الدخول التي فقدتها. قم الآن بإعداد طريقة جديدة.
link-regain-button = متابعة
link-recover = العودة إلى حسابك
link-recover-text = انتهى وقت الانتظار. تحتاج إلى كلمة مرورك. ثم تقوم بإعداد خطوة ثانية جديدة.
link-recover-button = متابعة
link-stop = هل تريد إيقاف هذا الاسترداد؟
link-stop-text = طلب شخص ما إعداد طريقة جديدة للدخول إلى حسابك. إن لم تكن أنت، فأوقف ذلك الآن.
link-stop-button = إيقاف
link-until = يعمل هذا الرابط حتى
link-not-me = إن لم تكن أنت، فأغلق هذه الصفحة. لن يحدث شيء.

## Links that work no more
over-expired = هذا الرابط قديم
over-expired-text = تعمل الروابط لوقت قصير فقط. هذا يحافظ على أمان حسابك.
over-used = تم استخدام هذا الرابط
over-used-text = يعمل الرابط مرة واحدة. يمكنك تسجيل الدخول الآن.
over-revoked = لم يعد هذا الرابط يعمل
over-revoked-text = قد يكون هناك رابط أحدث في بريدك. ابحث عنه أو اسأل عيادتك.
over-unknown = لا نعرف هذا الرابط
over-unknown-text = افتحه من بريدك مرة أخرى. تأكد من عدم نقص شيء في آخره.
over-asked = تحقق من بريدك
over-asked-text = إن كان تجديد الدعوة ممكنًا فهناك رابط جديد في الطريق. يصل إلى العنوان نفسه.
over-stopped = تم الإيقاف
over-stopped-text = لن يدخل أحد حسابك بهذه الطريقة. عيّن الآن كلمة مرور جديدة: هناك من يعرف القديمة.
over-ask = طلب دعوة جديدة
over-sign-in = تسجيل الدخول

## Another person is signed in
other-title = شخص آخر مسجل الدخول
other-sent-to = أُرسل هذا الرابط إلى { $name }.
other-switch = تسجيل الخروج والمتابعة باسم { $name }
other-stay = البقاء مسجلًا باسم { $name }

## The code on paper
short-code-title = أدخل رمزك
short-code-text = تجده في رسالة عيادتك، أو أرته لك عيادتك.
short-code-name = الاسم المذكور في الرسالة، أو اسم المستخدم
short-code-label = الرمز
short-code-hint = 8 حروف وأرقام، مثل 7F3K-92QD
short-code-error-empty = أدخل الاسم والرمز معًا.
short-code-error-wrong = الاسم والرمز لا يتطابقان. تحقق منهما وحاول مرة أخرى.

pair-title = تسجيل الدخول على جهاز آخر
pair-text = يعرض جهازك رمزًا. اكتبه هنا.
pair-label = الرمز على جهازك
pair-error-empty = اكتب الرمز الذي يعرضه جهازك.
pair-error-wrong = هذا الرمز لا يعمل. تحقق منه، أو اطلب رمزًا جديدًا على جهازك.
pair-confirm-title = هل يعرض جهازك هذا الرمز؟
pair-confirm-text = يطلب منك { $app } تسجيل الدخول على ذلك الجهاز. تابع فقط إذا كنت أنت من بدأ ذلك.
pair-confirm-warning = هل أرسل لك أحد هذا الرمز؟ إذن توقف هنا. فقد يدخل إلى حسابك.
pair-yes = نعم، تابع
pair-no = لا، توقف
pair-done-title = تم تسجيل الدخول على جهازك
pair-done-text = عُد إلى جهازك. يمكنك إغلاق هذه الصفحة.
pair-refused-title = لم يتم تسجيل الدخول على جهازك
pair-refused-text = لم تتم مشاركة أي شيء. يمكنك إغلاق هذه الصفحة.

## A new password
new-password-title = اختر كلمة مرور
new-password-first = ستستخدمها في كل مرة تسجل فيها الدخول.
new-password-lost = تحل محل الكلمة التي فقدتها. سيتم تسجيل خروجك من كل مكان آخر.
new-password-change = تحل محل كلمتك القديمة. سيتم تسجيل خروجك من كل مكان آخر.
new-password-label = كلمة المرور الجديدة
new-password-rules = { $shortest } حرفًا على الأقل. ثلاث أو أربع كلمات متتالية جيدة. يمكنك اللصق.
new-password-button = حفظ كلمة المرور
new-password-passkey = استخدام مفتاح مرور دون كلمة مرور
new-password-passkey-hint = ستسجل الدخول عندئذ ببصمتك أو وجهك أو قفل الشاشة.
new-password-error-empty = أدخل كلمة مرور جديدة.
new-password-error-short = كلمة المرور قصيرة جدًا. أضف كلمة أو كلمتين.
new-password-error-long = كلمة المرور طويلة جدًا أو فيها رموز لا يمكن استخدامها.
new-password-error-common = كلمة المرور هذه في قوائم يستخدمها المهاجمون. اختر غيرها.
new-password-error-name = كلمة المرور هذه هي في الغالب اسمك أو اسمنا. اختر غيرها.
advice-common = تشبه كلمة يستخدمها كثيرون.
advice-keyboard = المفاتيح المتجاورة سهلة التخمين.
advice-repeat = التكرار سهل التخمين.
advice-sequence = التسلسلات مثل abc أو 123 سهلة التخمين.
advice-date = السنوات والتواريخ سهلة التخمين.
advice-word = كلمة واحدة وحدها سهلة التخمين.
advice-name = الأسماء سهلة التخمين.
advice-longer = المزيد من الكلمات يجعلها أفضل.

## What a false page looks like
lesson-title = كيف تكتشف صفحة مزيفة
lesson-text = ينسخ اللصوص صفحات مثل صفحتنا لسرقة كلمات المرور. يمكنك معرفة الفرق.
lesson-address = العنوان الصحيح هو دائمًا
lesson-link = افتح تطبيقك بنفسك. لا تثق برابط في رسالة يطلب منك تسجيل الدخول.
lesson-phone = لا نطلب أبدًا كلمة مرورك أو رموزك، لا عبر الهاتف ولا عبر البريد.
lesson-hurry = من يستعجلك قد يكون لصًا. اتصل بعيادتك.
lesson-passkey = مفتاح المرور لا يعمل على صفحة مزيفة. لذلك هو الطريقة الأكثر أمانًا.
lesson-button = فهمت

## The end of setting up
ready-title = أنت جاهز
ready-text = تم إعداد حسابك وأنت الآن مسجل الدخول.
ready-to-app = الانتقال إلى { $app }
ready-account = عرض حسابي

## A letter to print
letter-title = دعوتك
letter-text = يمكنك الآن إعداد حسابك. افتح هذا العنوان واكتب اسم المستخدم والرمز.
letter-address = العنوان:
letter-name = اسم المستخدم:
letter-code = الرمز:
letter-until = صالح حتى
letter-secret = احتفظ بهذه الرسالة لنفسك. لن يطلب منك أحد من العيادة الرمز.
account-notice-password-changed = كلمة مرورك الجديدة تعمل الآن. تم تسجيل خروجك من كل مكان آخر.

## A forgotten password
forgot-link = نسيت كلمة المرور
forgot-title = هل نسيت كلمة المرور؟
forgot-text = سنرسل رابطًا إلى عنوان البريد المسجل لهذا الاسم. ستظل بحاجة إلى خطوتك الثانية.
forgot-button = أرسل لي رابطًا
forgot-sent-title = تحقق من بريدك
forgot-sent-text = إن كنا نعرف هذا الاسم فهناك رابط في الطريق. يصل إلى كل عنوان تم التحقق منه.
forgot-sent-hint = يمكنك فتحه على أي جهاز. ابحث أيضًا في مجلد الرسائل غير المرغوبة.
forgot-again = إرسال مرة أخرى
forgot-no-mail = لا يصلني بريد
forgot-error-soon = تم إرسال رسالة للتو. انتظر دقيقة ثم اطلب من جديد.

## No way to sign in is left
recover-link = لا أستطيع استخدام أي منها
recover-title = الحصول على مساعدة لتسجيل الدخول
recover-codes-title = هل لديك رموز الاسترداد؟
recover-codes-text = حصلت عليها على ورق أو في ملف عند إعداد حسابك.
recover-codes-link = استخدام رمز استرداد
recover-clinic-title = دع عيادتك تساعدك
recover-clinic-text = إن كنا نعرفك فستتصل بك العيادة. جهّز هوية بصورة.
recover-call-label = رقم للاتصال بك
recover-clinic-button = طلب اتصال من العيادة
recover-asked-title = وصلنا طلبك
recover-asked-text = إن كنا نعرفك فستتصل بك العيادة. لا نطلب كلمة مرور عبر الهاتف أبدًا.
recover-wait-title = الانتظار يومًا واحدًا
recover-wait-text = نُبلغ الآن جميع عناوينك. بعد 24 ساعة تحصل على رابط. به وبكلمة مرورك تُعدّ خطوة ثانية جديدة.
recover-wait-button = بدء وقت الانتظار
recover-waits-title = هناك وقت انتظار جارٍ
recover-waits-text = يمكنك المتابعة بعد

## Making an account by oneself
register-link = إنشاء حساب
register-title = إنشاء حساب
register-text = سنرسل لك رابطًا يقودك إلى الباقي.
register-label = عنوان بريدك
register-sent-text = هناك رسالة في الطريق إلى ذلك العنوان. افتح الرابط فيها.
register-error-empty = أدخل عنوان بريدك.
register-error-address = هذا ليس عنوان بريد. يجب أن يشبه rose@example.org.
register-back = لدي حساب
