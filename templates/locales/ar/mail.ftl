## Notices by e-mail
mail-not-you = إذا لم تكن أنت، فأخبر عيادتك الآن.
mail-not-you-call = إذا لم تكن أنت، فاتصل بنا الآن: { $phone }.
mail-check = للتأكد من أن هذه الرسالة منا، لا تستخدم أي رابط. افتح حسابك بالطريقة المعتادة.
mail-factor-added-subject = أُضيفت طريقة جديدة لتسجيل الدخول
mail-factor-added = أُضيفت طريقة جديدة لتسجيل الدخول إلى حسابك في { $organisation }. اسمها: { $about }. الوقت: { $when }. إذا كنت أنت، فلا يلزمك فعل شيء.
mail-factor-removed-subject = أُزيلت طريقة لتسجيل الدخول
mail-factor-removed = أُزيلت طريقة لتسجيل الدخول إلى حسابك في { $organisation }. الوقت: { $when }. تم تسجيل خروجك من كل مكان.
mail-recovery-codes-made-subject = أُنشئت رموز استرداد جديدة
mail-recovery-codes-made = أُنشئت رموز استرداد جديدة لحسابك في { $organisation }. لم تعد الرموز القديمة تعمل. الوقت: { $when }.
mail-recovery-code-used-subject = استُخدم رمز استرداد
mail-recovery-code-used = استخدم شخص ما رمز استرداد لتسجيل الدخول إلى حسابك في { $organisation }. الوقت: { $when }. إذا كنت أنت، فلا يلزمك فعل شيء.
mail-password-changed-subject = تم تغيير كلمة المرور
mail-password-changed = تم تغيير كلمة مرور حسابك في { $organisation }. الوقت: { $when }.
mail-factor-disabled-subject = أُوقفت طريقة لتسجيل الدخول
mail-factor-disabled = أُدخلت رموز أو كلمات مرور خاطئة مرات كثيرة لحسابك في { $organisation }. لحمايتك أوقفنا هذه الطريقة. الوقت: { $when }.
mail-new-browser-subject = تسجيل دخول من جهاز جديد
mail-new-browser = سجّل شخص ما الدخول إلى حسابك في { $organisation } من هاتف أو حاسوب جديد. الوقت: { $when }. إذا كنت أنت، فلا يلزمك فعل شيء.
